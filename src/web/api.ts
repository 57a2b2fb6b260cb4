/**
 * What the page is told, as JSON. Times are milliseconds since the Unix epoch with fractions (a double keeps a quarter of a
 * microsecond of them), durations milliseconds. Null: not known.
 */

export interface DatasetJson {
  readonly id: string;
  readonly kind: 'agent' | 'store' | 'file' | 'capture';
  readonly label: string;
  /** Whether more may come: an agent, or a store that one may be writing to. */
  readonly growing: boolean;
}

export interface AboutJson {
  readonly version: string;
  readonly datasets: readonly DatasetJson[];
  /** Whether a capture may be dropped on the page. */
  readonly takesCaptures: boolean;
}

export interface OverviewJson {
  readonly calls: number;
  readonly operations: number;
  readonly negotiations: number;
  readonly symptoms: number;
  /** What the view of that name lists: symptoms, starts and stops that failed, versions refused or deprecated. */
  readonly findings: number;
  readonly from: number | null;
  readonly to: number | null;
  /** Of the agent's clock; of data at rest its end. */
  readonly now: number;
  readonly indexed: Readonly<Record<string, number>>;
}

export interface CallJson {
  /** Rises with every row of the index. */
  readonly n: number;
  readonly trace: string;
  readonly span: string;
  readonly at: number;
  readonly ms: number;
  readonly method: string;
  readonly status: string;
  readonly failed: boolean;
  readonly pod: string;
  readonly subject: string;
  readonly caller: string;
}

export interface CallsJson {
  readonly calls: readonly CallJson[];
  /** Ask for the next page with it; null: there is none. */
  readonly before: number | null;
}

export interface InFlightJson {
  readonly key: string;
  readonly method: string;
  readonly caller: string;
  readonly pod: string;
  readonly subject: string;
  /** Null: it began before the observation. */
  readonly ageMs: number | null;
  readonly deadlineMs: number | null;
  /** It streams for as long as its client likes: its age says nothing. */
  readonly endless: boolean;
}

export interface TickJson {
  readonly now: number;
  readonly calls: readonly CallJson[];
  /** Calls that came and were too many to be sent. */
  readonly skipped: number;
  readonly inFlight: readonly InFlightJson[];
  readonly inFlightMore: number;
  readonly callsPerSecond: number;
  /** Bytes that were not observed, since the start. */
  readonly lostBytes: number;
  /** How long the agent's event loop was late at most since the last tick. */
  readonly lagMs: number;
  /** What changed, so that a view asks again: how many of each there are. */
  readonly operations: number;
  readonly symptoms: number;
}

export interface PartsJson {
  readonly sandbox: number;
  readonly imagePull: number;
  readonly containers: number;
  readonly hooks: number;
  readonly init: number;
  readonly pullQueue: number;
  readonly client: number;
}

export interface OperationJson {
  readonly trace: string;
  readonly kind: string;
  readonly pod: string;
  readonly container: string;
  readonly at: number;
  readonly ms: number;
  readonly outcome: string;
  readonly detail: string;
  readonly failed: boolean;
  readonly startSeen: boolean;
  readonly calls: number;
  readonly parts: PartsJson;
}

export interface MethodJson {
  readonly method: string;
  readonly calls: number;
  readonly errors: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export interface HeatJson {
  readonly from: number;
  readonly to: number;
  readonly columns: number;
  /** Lower bounds of the rows in milliseconds, rising, each `ratio` times the one before. */
  readonly bounds: readonly number[];
  /** Calls by column and row: `counts[column * bounds.length + row]`. */
  readonly counts: readonly number[];
  /** Errors by column. */
  readonly errors: readonly number[];
}

export interface NegotiationJson {
  readonly trace: string;
  readonly at: number;
  readonly caller: string;
  readonly pid: number | null;
  readonly userAgent: string;
  readonly endpoint: string;
  readonly service: string;
  readonly verdict: string;
  readonly deprecated: boolean;
  readonly failed: boolean;
  readonly inferred: boolean;
  readonly previous: string;
  readonly attempt: number;
  readonly explanation: string;
  readonly probes: readonly { readonly version: string; readonly status: string }[];
}

export interface SymptomJson {
  readonly trace: string;
  readonly kind: string;
  readonly at: number;
  readonly ms: number;
  readonly caller: string;
  readonly method: string;
  readonly pod: string;
  readonly failed: boolean;
  readonly explanation: string;
  /** Traces of the calls that it rests on. */
  readonly evidence: readonly string[];
}

export interface SpanJson {
  readonly id: string;
  readonly parent: string | null;
  readonly name: string;
  readonly kind: 'client' | 'server' | 'internal';
  readonly service: string;
  /** After the beginning of the trace. */
  readonly offsetMs: number;
  readonly ms: number;
  readonly failed: boolean;
  readonly message: string;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly events: readonly { readonly name: string; readonly offsetMs: number }[];
}

/** A stretch of time that went to waiting for another call. */
export interface WaitJson {
  /** The span of the wait itself. */
  readonly id: string;
  /** The span of the call that waited; null: it had not begun yet. */
  readonly waiter: string | null;
  /** `PullImage of default/web`. */
  readonly text: string;
  readonly evidence: string;
  readonly trace: string;
  readonly span: string;
  /** When the call that was waited for was under way, after the beginning of this trace; null: it is not there. */
  readonly times: { readonly offsetMs: number; readonly ms: number } | null;
}

export interface TraceJson {
  readonly trace: string;
  readonly at: number;
  readonly ms: number;
  readonly spans: readonly SpanJson[];
  readonly missing: number;
  readonly related: readonly SymptomJson[];
  readonly waits: readonly WaitJson[];
}

export interface HealthJson {
  /** Null: no agent is behind this. */
  readonly counters: unknown;
  readonly outlook: OutlookJson | null;
}

/** What an agent sees here and what it cannot, as `critrace doctor` says it. */
export interface OutlookJson {
  readonly mode: string;
  /** What stands in the way, by part; null: all is well with it. */
  readonly parts: readonly { readonly part: string; readonly problem: string | null }[];
  readonly sees: readonly string[];
  readonly seesNot: readonly string[];
}

export interface FailureJson {
  readonly error: string;
}
