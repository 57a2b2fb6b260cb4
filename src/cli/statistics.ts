import type { Call } from '../calls/call.ts';
import type { ConnectionFinding, Finding } from '../calls/finding.ts';
import { rpcText } from '../calls/method-name.ts';
import { quantile } from '../foundation/quantile.ts';

export interface StatisticsLimits {
  /** Durations kept per method; quantiles are exact up to so many calls of it. */
  readonly maxDurations: number;
  /** Rows of methods, and of callers; what comes beyond is summed under `(others)`. */
  readonly maxRows: number;
  /** Calls held back because a revision may follow; the oldest is counted as it stands, and not revised any more. */
  readonly maxRevisable: number;
}

export const defaultStatisticsLimits: StatisticsLimits = {
  maxDurations: 1_000_000,
  maxRows: 1000,
  maxRevisable: 10_000,
};

export interface CallNumbers {
  readonly calls: number;
  /** Ended with a status that is not OK, by a reset without a status, or with their connection. */
  readonly errors: number;
  readonly in_flight: number;
  readonly request_bytes: number;
  readonly response_bytes: number;
}

export interface MethodStatistics extends CallNumbers {
  readonly method: string;
  /** How many calls by status name; `none` is a call that ended without one. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly p99_ms: number | null;
  readonly max_ms: number | null;
  /** Calls that the quantiles leave out because `maxDurations` was reached. */
  readonly durations_dropped: number;
}

export interface CallerStatistics extends CallNumbers {
  readonly comm: string | null;
  readonly uid: number | null;
  readonly user_agent: string | null;
  /** Different processes of this kind that were seen. */
  readonly processes: number;
}

export interface ConnectionStatistics {
  readonly finding: ConnectionFinding['finding'];
  readonly endpoint: string;
  readonly connections: number;
  /** Bytes lost, for `gap`. */
  readonly lost_bytes: number | null;
}

export interface Statistics {
  readonly calls: number;
  /** From the first call's begin to the last one's end; null where neither was seen. */
  readonly seconds: number | null;
  readonly methods: readonly MethodStatistics[];
  readonly callers: readonly CallerStatistics[];
  readonly connections: readonly ConnectionStatistics[];
}

interface Sum {
  calls: number;
  errors: number;
  inFlight: number;
  requestBytes: number;
  responseBytes: number;
}

interface MethodSum extends Sum {
  readonly statuses: Map<string, number>;
  readonly durationsMs: number[];
  durationsDropped: number;
}

interface CallerSum extends Sum {
  readonly comm: string | null;
  readonly uid: number | null;
  readonly userAgent: string | null;
  readonly processes: Set<string>;
}

const newSum = (): Sum => ({ calls: 0, errors: 0, inFlight: 0, requestBytes: 0, responseBytes: 0 });

const addTo = (sum: Sum, { result }: Call): void => {
  sum.calls += 1;
  if (result.outcome === 'in_flight') sum.inFlight += 1;
  else if (result.outcome !== 'finished' || (result.status !== null && result.status !== 'OK'))
    sum.errors += 1;
  sum.requestBytes += result.request.bytes;
  sum.responseBytes += result.response.bytes;
};

const numbers = (sum: Sum): CallNumbers => ({
  calls: sum.calls,
  errors: sum.errors,
  in_flight: sum.inFlight,
  request_bytes: sum.requestBytes,
  response_bytes: sum.responseBytes,
});

const rowFor = <T>(
  rows: Map<string, T>,
  key: string,
  make: () => T,
  makeOthers: () => T,
  limit: number,
): T => {
  const row = rows.get(key) ?? (rows.size < limit ? undefined : rows.get('(others)'));
  if (row !== undefined) return row;
  const fresh = rows.size < limit ? make() : makeOthers();
  rows.set(rows.size < limit ? key : '(others)', fresh);
  return fresh;
};

export interface StatisticsBuilder {
  add(finding: Finding): void;
  result(): Statistics;
}

export const createStatistics = (limits: StatisticsLimits = defaultStatisticsLimits): StatisticsBuilder => {
  const methods = new Map<string, MethodSum>();
  const callers = new Map<string, CallerSum>();
  const connections = new Map<
    string,
    { finding: ConnectionFinding; count: number; lost: Map<number, number> }
  >();
  let calls = 0;
  let first: bigint | null = null;
  let last: bigint | null = null;

  const newMethod = (): MethodSum => ({
    ...newSum(),
    statuses: new Map(),
    durationsMs: [],
    durationsDropped: 0,
  });

  const addCall = (call: Call): void => {
    calls += 1;
    const from = call.start ?? call.end;
    const to = call.end ?? call.start;
    if (from !== null && (first === null || from < first)) first = from;
    if (to !== null && (last === null || to > last)) last = to;

    const name = call.method ?? rpcText(call) ?? '(unknown)';
    const method = rowFor(methods, name, newMethod, newMethod, limits.maxRows);
    addTo(method, call);
    const status = call.result.status ?? (call.result.outcome === 'in_flight' ? 'in_flight' : 'none');
    method.statuses.set(status, (method.statuses.get(status) ?? 0) + 1);
    if (call.start !== null && call.end !== null) {
      if (method.durationsMs.length < limits.maxDurations) {
        method.durationsMs.push(Number(call.end - call.start) / 1e6);
      } else method.durationsDropped += 1;
    }

    const { comm, uid, userAgent, pid, pidStart } = call.caller;
    const newCaller = (): CallerSum => ({ ...newSum(), comm, uid, userAgent, processes: new Set() });
    const others = (): CallerSum => ({ ...newCaller(), comm: '(others)', uid: null, userAgent: null });
    const caller = rowFor(callers, JSON.stringify([comm, uid, userAgent]), newCaller, others, limits.maxRows);
    addTo(caller, call);
    if (pid !== null && caller.processes.size < limits.maxRows) caller.processes.add(`${pid} ${pidStart}`);
  };

  /** Calls that a revision may still replace, oldest first. */
  const revisable = new Map<string, Call>();
  const addRevisable = (call: Call): void => {
    const key = `${call.connection} ${call.stream}`;
    if (call.revision > 0 && !revisable.has(key)) return;
    revisable.set(key, call);
    if (revisable.size <= limits.maxRevisable) return;
    const oldest = revisable.entries().next();
    if (oldest.done) return;
    const [oldestKey, settled] = oldest.value;
    revisable.delete(oldestKey);
    addCall(settled);
  };
  const settle = (): void => {
    for (const call of revisable.values()) addCall(call);
    revisable.clear();
  };

  const addConnection = (finding: ConnectionFinding): void => {
    const key = `${finding.finding} ${finding.endpoint}`;
    const row = connections.get(key) ?? { finding, count: 0, lost: new Map<number, number>() };
    if (finding.revision === 0) row.count += 1;
    // A gap's count is the sum so far of its connection.
    if (finding.finding === 'gap' && (row.lost.has(finding.connection) || row.lost.size < limits.maxRows)) {
      row.lost.set(finding.connection, finding.count);
    }
    connections.set(key, row);
  };

  const methodRow = ([method, sum]: readonly [string, MethodSum]): MethodStatistics => {
    const sorted = sum.durationsMs.sort((a, b) => a - b);
    return {
      method,
      ...numbers(sum),
      statuses: Object.fromEntries(sum.statuses),
      p50_ms: quantile(sorted, 0.5),
      p95_ms: quantile(sorted, 0.95),
      p99_ms: quantile(sorted, 0.99),
      max_ms: sorted.at(-1) ?? null,
      durations_dropped: sum.durationsDropped,
    };
  };

  return {
    add(finding) {
      switch (finding.kind) {
        case 'call':
          addRevisable(finding.call);
          return;
        case 'connection':
          addConnection(finding.connection);
          return;
      }
    },
    result() {
      settle();
      return {
        calls,
        seconds: first === null || last === null ? null : Number(last - first) / 1e9,
        methods: [...methods]
          .map(methodRow)
          .sort((a, b) => b.calls - a.calls || a.method.localeCompare(b.method)),
        callers: [...callers.values()]
          .map((sum) => ({
            comm: sum.comm,
            uid: sum.uid,
            user_agent: sum.userAgent,
            processes: sum.processes.size,
            ...numbers(sum),
          }))
          .sort((a, b) => b.calls - a.calls),
        connections: [...connections.values()].map(({ finding, count, lost }) => ({
          finding: finding.finding,
          endpoint: finding.endpoint,
          connections: count,
          lost_bytes:
            finding.finding === 'gap' ? [...lost.values()].reduce((sum, bytes) => sum + bytes, 0) : null,
        })),
      };
    },
  };
};
