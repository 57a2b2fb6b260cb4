import type { RuntimeSeen, Upgrade, UpgradeEvent } from '../calls/upgrades/upgrade.ts';
import type { Nanos } from '../foundation/time.ts';
import type { Span } from '../spans/span.ts';
import { callerJson } from './caller-json.ts';

const time = (at: Nanos | null): string | null => (at === null ? null : String(at));

const runtimeJson = (seen: RuntimeSeen | null) =>
  seen === null
    ? null
    : {
        pid: seen.pid,
        pid_start: time(seen.pidStart),
        comm: seen.comm,
        name: seen.name,
        version: seen.version,
      };

const eventJson = (event: UpgradeEvent) => {
  const common = { event: event.kind, at: time(event.at) };
  switch (event.kind) {
    case 'runtime':
      return { ...common, before: runtimeJson(event.before), after: runtimeJson(event.after) };
    case 'unreachable':
      return { ...common, until: time(event.until), count: event.count };
    case 'verdict':
      return {
        ...common,
        service: event.service,
        caller: callerJson(event.caller),
        verdict: event.verdict,
        change: event.change,
        count: event.count,
      };
    case 'served':
      return { ...common, service: event.service, unserved_ms: Number(event.unservedNs) / 1e6 };
  }
};

/** Identity: `endpoint` and `start`. */
export const upgradeJson = (found: Upgrade, spans: readonly Span[]) => ({
  kind: 'upgrade',
  connection: found.connection,
  revision: found.revision,
  endpoint: found.endpoint,
  caller: callerJson(found.caller),
  start: time(found.start),
  end: time(found.end),
  over: found.isOver,
  before: runtimeJson(found.before),
  after: runtimeJson(found.after),
  unserved: found.unserved.map(({ service, since, until }) => ({
    service,
    since: time(since),
    until: time(until),
    at_least_ms: Number((until ?? found.end) - since) / 1e6,
  })),
  events: found.events.map(eventJson),
  events_dropped: found.eventsDropped,
  explanation: found.explanation,
  trace_id: spans[0]?.traceId ?? null,
  span_id: spans[0]?.spanId ?? null,
});
