import { type Nanos, nanosPerSecond } from '../../foundation/time.ts';
import type { Caller } from '../caller.ts';
import { streamedTwin, unaryTwin } from './rules.ts';

/**
 * What is known of a client process that holds for all its connections: whether it asks for lists by streams. A
 * stream that sends all in one message is byte for byte its unary twin, so this decides what a list was. Streamed
 * lists are a feature gate, off unless somebody sets it, that both sides must have.
 */
export interface Client {
  lists: 'unary' | 'streamed' | null;
  /** Uses what is off by default: no default can be presumed of it. */
  hasGates: boolean;
  /** End of the first call seen of it. */
  since: Nanos | null;
  /** Watched long enough for a sign against the defaults to have shown. */
  isUsual: boolean;
  /** Grows when anything of the above changes. */
  version: number;
}

/** A gate that is off by default is seldom on. */
const gateOdds = 0.02;

export const twinOdds = (client: Client, rpc: string): number => {
  const streamed = unaryTwin[rpc] !== undefined;
  if (!streamed && streamedTwin[rpc] === undefined) return 1;
  if (client.lists !== null) return (client.lists === 'streamed') === streamed ? 1 : 0;
  return streamed && client.isUsual && !client.hasGates ? gateOdds : 1;
};

/** Rounds of status, relists and events have gone by. */
const longEnough = 10n * nanosPerSecond;

export const watchClient = (client: Client, at: Nanos): void => {
  client.since ??= at;
  if (client.isUsual || at - client.since < longEnough) return;
  client.isUsual = true;
  client.version += 1;
};

export const learnLists = (client: Client, lists: 'unary' | 'streamed'): void => {
  if (client.lists === lists) return;
  client.lists = lists;
  client.version += 1;
};

export const learnGates = (client: Client): void => {
  if (client.hasGates) return;
  client.hasGates = true;
  client.version += 1;
};

/** First releases that serve streamed lists. Of a runtime that is not here nothing is known. */
const streamsSince: Readonly<Record<string, readonly [number, number]>> = {
  containerd: [2, 4],
  'cri-o': [1, 36],
};

/** Whether a runtime of this name and version (`v2.4.2`, `1.6.20~ds1`) can have answered with a streamed list. */
export const mayStream = (name: string, version: string): boolean => {
  const since = streamsSince[name];
  const [, major, minor] = /^v?(\d+)\.(\d+)\./.exec(version) ?? [];
  if (since === undefined || major === undefined || minor === undefined) return true;
  return Number(major) === since[0] ? Number(minor) >= since[1] : Number(major) > since[0];
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
      const client: Client = { lists: null, hasGates: false, since: null, isUsual: false, version: 0 };
      clients.set(key, client);
      return client;
    },
  };
};
