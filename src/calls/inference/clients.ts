import { type Nanos, nanosPerSecond } from '../../foundation/time.ts';
import type { Caller } from '../caller.ts';
import { streamedTwin, unaryTwin } from '../list-twins.ts';
import { releaseOf } from './release.ts';

/**
 * What is known of a client process that holds for all its connections: whether it asks for lists by streams. A
 * stream that sends all in one message is byte for byte its unary twin, so this decides what a list was. Streamed
 * lists are a feature gate, off unless somebody sets it, that both sides must have.
 */
export interface Client {
  lists: 'unary' | 'streamed' | null;
  /** Uses what is off by default: no default can be presumed of it. */
  hasGates: boolean;
  /** Things that it sent when it started, and never again, and that one with the defaults does not send. Null: not seen. */
  oddEntries: number | null;
  /** Containers changed, and no stream told it so. */
  isEventless: boolean;
  /** A kubelet that knows no version of the API but v1. */
  isRecent: boolean;
  /** End of the first call seen of it. */
  since: Nanos | null;
  /** Watched long enough for a sign against the defaults to have shown. */
  isUsual: boolean;
  /** The version of the image service that the runtime behind an endpoint serves alone. */
  imageVersion: { readonly endpoint: string; readonly version: 'v1' | 'v1alpha2' } | null;
  /** Grows when anything of the above changes. */
  version: number;
}

/** A gate that is off by default is seldom on. */
const gateOdds = 0.02;

/** One odd entry may be a deadline that was late; more are not, nor is one of a client that might be told of events. */
const mayPresume = ({ isUsual, hasGates, oddEntries, isEventless }: Client): boolean =>
  isUsual && !hasGates && (oddEntries === 0 || (oddEntries === 1 && isEventless));

export const twinOdds = (client: Client, rpc: string): number => {
  const streamed = unaryTwin[rpc] !== undefined;
  if (!streamed && streamedTwin[rpc] === undefined) return 1;
  if (client.lists !== null) return (client.lists === 'streamed') === streamed ? 1 : 0;
  return streamed && mayPresume(client) ? gateOdds : 1;
};

/** Rounds of status, relists and events have gone by. */
const longEnough = 10n * nanosPerSecond;

export const watchClient = (client: Client, at: Nanos): void => {
  client.since ??= at;
  if (client.isUsual || at - client.since < longEnough) return;
  client.isUsual = true;
  client.version += 1;
};

/** Sets what is known, and says that it is new where it is. */
export const learnOf = (
  client: Client,
  known: Partial<Omit<Client, 'since' | 'isUsual' | 'version'>>,
): void => {
  const before = { ...client };
  Object.assign(client, known);
  const isNew =
    before.lists !== client.lists ||
    before.hasGates !== client.hasGates ||
    before.oddEntries !== client.oddEntries ||
    before.isEventless !== client.isEventless ||
    before.isRecent !== client.isRecent ||
    before.imageVersion?.endpoint !== client.imageVersion?.endpoint ||
    before.imageVersion?.version !== client.imageVersion?.version;
  if (isNew) client.version += 1;
};

/** First releases that serve streamed lists. Of a runtime that is not here nothing is known. */
const streamsSince: Readonly<Record<string, readonly [number, number]>> = {
  containerd: [2, 4],
  'cri-o': [1, 36],
};

/** Whether a runtime of this name and version can have answered with a streamed list. */
export const mayStream = (name: string, version: string): boolean => {
  const since = streamsSince[name];
  const release = releaseOf(version);
  if (since === undefined || release === null) return true;
  return release[0] === since[0] ? release[1] >= since[1] : release[0] > since[0];
};

export interface Clients {
  of(caller: Pick<Caller, 'pid' | 'pidStart'>, endpoint: string): Client;
}

/** Processes that are not known by their pid are taken apart by the socket that they use. */
export const createClients = (maxClients: number): Clients => {
  const clients = new Map<string, Client>();
  return {
    of({ pid, pidStart }, endpoint) {
      const key = pid === null ? endpoint : `${pid} ${pidStart}`;
      const known = clients.get(key);
      if (known !== undefined) return known;
      const [oldest] = clients.size < maxClients ? [] : clients.keys();
      if (oldest !== undefined) clients.delete(oldest);
      const client: Client = {
        lists: null,
        hasGates: false,
        oddEntries: null,
        isEventless: false,
        isRecent: false,
        since: null,
        isUsual: false,
        imageVersion: null,
        version: 0,
      };
      clients.set(key, client);
      return client;
    },
  };
};
