import type { Nanos } from '../../foundation/time.ts';
import type { ConnectionFacts } from '../assemble.ts';
import type { Call } from '../call.ts';
import type { Caller } from '../caller.ts';
import type { Kubelets } from '../kubelets.ts';
import { answerOf } from '../negotiation/answer.ts';
import type { Negotiation } from '../negotiation/finding.ts';
import type { CriService } from '../negotiation/verdict.ts';
import { explainUpgrade } from './explain.ts';
import { defaultUpgradeLimits, type UpgradeCounters, type UpgradeLimits } from './limits.ts';
import type { RuntimeSeen, Unserved, Upgrade, UpgradeEvent } from './upgrade.ts';

/** Follows each endpoint: the runtimes behind it, the kubelets before it, and when neither served the other. */
export interface Upgrades {
  opened(connection: ConnectionFacts, at: Nanos, out: Upgrade[]): void;
  /** Nobody listened. */
  refused(
    connection: Pick<ConnectionFacts, 'connection' | 'endpoint' | 'client'>,
    at: Nanos,
    out: Upgrade[],
  ): void;
  ended(call: Call, out: Upgrade[]): void;
  negotiated(found: Negotiation, out: Upgrade[]): void;
  /** The input ended: how the stories that are not over stand. */
  finish(out: Upgrade[]): void;
}

interface Story {
  readonly connection: number;
  readonly caller: Caller;
  readonly start: Nanos;
  end: Nanos;
  revision: number;
  before: RuntimeSeen | null;
  after: RuntimeSeen | null;
  readonly unserved: Map<CriService, Unserved>;
  readonly events: UpgradeEvent[];
  dropped: number;
}

interface Endpoint {
  readonly path: string;
  runtime: RuntimeSeen | null;
  /** When a kubelet's call to each service was served last. */
  readonly served: Map<CriService, Nanos>;
  story: Story | null;
}

/** Verdicts that need no story of their own, but belong to one that goes on. */
const isQuiet = ({ change, previous }: Negotiation): boolean =>
  change === 'restarted' ||
  change === 'undetermined' ||
  (previous === null && change !== 'gave_up' && change !== 'refused_restart_needed');

const isBad = ({ verdict }: Negotiation): boolean =>
  verdict === 'gave_up' || verdict === 'version_refused_after_upgrade';

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

export const createUpgrades = (
  counters: UpgradeCounters,
  kubelets: Pick<Kubelets, 'isOne' | 'mayBeOne'>,
  limits: UpgradeLimits = defaultUpgradeLimits,
): Upgrades => {
  const endpoints = new Map<string, Endpoint>();

  const endpointOf = (path: string): Endpoint => {
    const known = endpoints.get(path);
    if (known !== undefined) return known;
    if (endpoints.size >= limits.maxEndpoints) {
      const [oldest] = endpoints.values();
      if (oldest !== undefined) {
        endpoints.delete(oldest.path);
        if (oldest.story !== null) counters.openNow -= 1;
      }
      counters.endpointsForgotten += 1;
    }
    const endpoint: Endpoint = { path, runtime: null, served: new Map(), story: null };
    endpoints.set(path, endpoint);
    return endpoint;
  };

  const storyOf = (endpoint: Endpoint, connection: number, caller: Caller, at: Nanos): Story => {
    const known = endpoint.story;
    if (known !== null) return known;
    counters.openNow += 1;
    const story: Story = {
      connection,
      caller,
      start: at,
      end: at,
      revision: -1,
      before: endpoint.runtime,
      after: endpoint.runtime,
      unserved: new Map(),
      events: [],
      dropped: 0,
    };
    endpoint.story = story;
    return story;
  };

  const add = (story: Story, event: UpgradeEvent): void => {
    if (event.at > story.end) story.end = event.at;
    if (story.events.length >= limits.maxEvents) {
      story.events.pop();
      story.dropped += 1;
      counters.eventsDropped += 1;
    }
    story.events.push(event);
  };

  const tell = (endpoint: Endpoint, story: Story, out: Upgrade[]): void => {
    const isOver = [...story.unserved.values()].every(({ until }) => until !== null);
    story.revision += 1;
    if (story.revision === 0) counters.told += 1;
    const told = {
      revision: story.revision,
      endpoint: endpoint.path,
      connection: story.connection,
      caller: story.caller,
      start: story.start,
      end: story.end,
      isOver,
      before: story.before,
      after: story.after,
      unserved: [...story.unserved.values()],
      events: [...story.events],
      eventsDropped: story.dropped,
    };
    out.push({ ...told, explanation: explainUpgrade(told) });
    if (!isOver) return;
    endpoint.story = null;
    counters.openNow -= 1;
  };

  /** No call to the service has been served since. */
  const miss = (endpoint: Endpoint, story: Story, service: CriService, from: Nanos): void => {
    if (story.unserved.get(service)?.until === null) return;
    const since = endpoint.served.get(service) ?? from;
    story.unserved.set(service, { service, since, until: null });
  };

  const missAll = (endpoint: Endpoint, story: Story): void => {
    for (const service of endpoint.served.keys()) miss(endpoint, story, service, story.start);
  };

  const changeRuntime = (
    endpoint: Endpoint,
    after: RuntimeSeen,
    of: { readonly connection: number; readonly caller: Caller },
    at: Nanos,
    out: Upgrade[],
  ): void => {
    const before = endpoint.runtime;
    if (before === null) {
      endpoint.runtime = after;
      return;
    }
    const story = storyOf(endpoint, of.connection, of.caller, at);
    endpoint.runtime = after;
    story.after = after;
    add(story, { kind: 'runtime', at, before, after });
    missAll(endpoint, story);
    tell(endpoint, story, out);
  };

  /** What it says of itself belongs to the process that says it. */
  const learnVersion = (endpoint: Endpoint, call: Call, at: Nanos, out: Upgrade[]): void => {
    const name = textOf(call.facts.values['runtime.name']);
    const version = textOf(call.facts.values['runtime.version']);
    if (name === null && version === null) return;
    const { server } = call;
    const before = endpoint.runtime;
    const after: RuntimeSeen = { ...(before ?? server), name, version };
    const isNews =
      before !== null && before.version !== null && (before.version !== version || before.name !== name);
    if (isNews) {
      changeRuntime(endpoint, after, call, at, out);
      return;
    }
    endpoint.runtime = after;
    if (endpoint.story?.after != null) endpoint.story.after = after;
  };

  const servedAgain = (endpoint: Endpoint, service: CriService, at: Nanos, out: Upgrade[]): void => {
    endpoint.served.set(service, at);
    const { story } = endpoint;
    const missed = story?.unserved.get(service);
    if (story == null || missed === undefined || missed.until !== null) return;
    story.unserved.set(service, { ...missed, until: at });
    add(story, { kind: 'served', at, service, unservedNs: at - missed.since });
    tell(endpoint, story, out);
  };

  return {
    opened({ connection, endpoint: path, client, server }, at, out) {
      const endpoint = endpointOf(path);
      if (server.pid === null) return;
      const before = endpoint.runtime;
      const after: RuntimeSeen = { ...server, name: null, version: null };
      const isSame = before !== null && before.pid === server.pid && before.pidStart === server.pidStart;
      if (!isSame)
        changeRuntime(endpoint, after, { connection, caller: { ...client, userAgent: null } }, at, out);
    },
    refused({ connection, endpoint: path, client }, at, out) {
      if (!kubelets.isOne(client, connection, path)) return;
      const endpoint = endpointOf(path);
      const story = storyOf(endpoint, connection, { ...client, userAgent: null }, at);
      const last = story.events.at(-1);
      if (last?.kind === 'unreachable') {
        story.events[story.events.length - 1] = { ...last, until: at, count: last.count + 1 };
        if (at > story.end) story.end = at;
        return;
      }
      add(story, { kind: 'unreachable', at, until: at, count: 1 });
      if (endpoint.served.size === 0) miss(endpoint, story, 'RuntimeService', at);
      missAll(endpoint, story);
      tell(endpoint, story, out);
    },
    ended(call, out) {
      const { service, end } = call;
      if (service === null || end === null || call.revision > 0) return;
      const endpoint = endpointOf(call.endpoint);
      if (call.rpc === 'Version') learnVersion(endpoint, call, end, out);
      if (call.result.outcome !== 'finished') return;
      if (!kubelets.mayBeOne(call.caller, call.connection, call.endpoint)) return;
      if (call.apiVersion !== null && answerOf(call, call.isProbe) === 'served')
        servedAgain(endpoint, service, end, out);
    },
    negotiated(found, out) {
      if (!kubelets.mayBeOne(found.caller, found.connection, found.endpoint)) return;
      const endpoint = endpointOf(found.endpoint);
      if (endpoint.story === null && isQuiet(found)) return;
      const at = found.end;
      const story = storyOf(
        endpoint,
        found.connection,
        found.caller,
        found.revision === 0 ? found.start : at,
      );
      const { service, caller, verdict, change, count } = found;
      const event: UpgradeEvent = { kind: 'verdict', at, service, caller, verdict, change, count };
      const last = story.events.at(-1);
      const isMore =
        last?.kind === 'verdict' && last.service === service && last.change === change && count > 1;
      if (isMore) {
        story.events[story.events.length - 1] = event;
        story.end = at;
      } else add(story, event);
      if (isBad(found)) miss(endpoint, story, service, found.start);
      if (isMore && (count & (count - 1)) !== 0) return;
      tell(endpoint, story, out);
    },
    finish(out) {
      for (const endpoint of endpoints.values())
        if (endpoint.story !== null) tell(endpoint, endpoint.story, out);
    },
  };
};
