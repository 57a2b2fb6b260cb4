import type { Nanos } from '../../foundation/time.ts';
import type { Call } from '../call.ts';
import { type CallerSeen, explainCaller, isTold, type UsedVersion } from './caller-seen.ts';
import { type Residence, type Resident, type ResidentOf, residenceOf } from './residence.ts';

export interface CensusLimits {
  /** Kinds of callers; calls of those beyond are counted together, without a name. */
  readonly maxCallers: number;
  /** Methods of one caller; likewise. */
  readonly maxMethods: number;
  /** Processes of one caller that are told apart. */
  readonly maxProcesses: number;
  /** Calls of an unknown method that a revision may still name. */
  readonly maxUnnamed: number;
  /** Connections whose caller is found without looking at who it is again. */
  readonly maxConnections: number;
}

export const defaultCensusLimits: CensusLimits = {
  maxCallers: 1000,
  maxMethods: 200,
  maxProcesses: 1000,
  maxUnnamed: 10_000,
  maxConnections: 4096,
};

export interface MethodUse {
  /** `runtime.v1.RuntimeService/Version`; the bare `rpc` where only that is known; null where nothing is. */
  readonly method: string | null;
  readonly version: UsedVersion;
  readonly calls: number;
  readonly errors: number;
  readonly first: Nanos | null;
  readonly last: Nanos | null;
}

/** One program that calls the runtime, all its processes together. */
export interface CensusRow {
  readonly endpoint: string;
  readonly comm: string | null;
  readonly uid: number | null;
  readonly userAgent: string | null;
  readonly residence: Residence | null;
  /** Who that is, where messages named it. */
  readonly resident: Resident | null;
  readonly processes: number;
  /** Pids, the first ones. */
  readonly pids: readonly number[];
  readonly calls: number;
  readonly versions: Readonly<Record<UsedVersion, number>>;
  readonly first: Nanos | null;
  readonly last: Nanos | null;
  readonly methods: readonly MethodUse[];
}

export interface CensusResult {
  /** Those that use `v1alpha2` first. */
  readonly callers: readonly CensusRow[];
  /** Calls of callers beyond the bound. */
  readonly uncounted: number;
}

/** Who calls the runtime, by which API version and methods, how often and since when. */
export interface Census {
  /** What is new about it: the first call of a program on an API version. */
  add(call: Call): CallerSeen | null;
  result(): CensusResult;
  /** The input ended: how often each was used in all, where that is more than was told. */
  finish(): readonly CallerSeen[];
}

interface Use {
  readonly method: string | null;
  readonly version: UsedVersion;
  calls: number;
  errors: number;
  first: Nanos | null;
  last: Nanos | null;
}

interface Row {
  readonly endpoint: string;
  readonly caller: Call['caller'];
  readonly residence: Residence | null;
  /** Of its first call. */
  readonly connection: number;
  /** API versions whose first use was told. */
  readonly told: Map<UsedVersion, { readonly isPlaced: boolean }>;
  readonly processes: Set<string>;
  readonly pids: Set<number>;
  readonly methods: Map<string, Use>;
}

const shownPids = 8;

const versionOf = (call: Call): UsedVersion =>
  call.apiVersion ?? (call.method !== null && call.service === null ? 'other' : 'unknown');

const isError = ({ result }: Call): boolean =>
  result.outcome !== 'in_flight' && (result.outcome !== 'finished' || (result.status ?? 'OK') !== 'OK');

const earlier = (a: Nanos | null, b: Nanos | null): Nanos | null =>
  a === null || (b !== null && b < a) ? b : a;
const later = (a: Nanos | null, b: Nanos | null): Nanos | null =>
  a === null || (b !== null && b > a) ? b : a;

export const createCensus = (residentOf: ResidentOf, limits: CensusLimits = defaultCensusLimits): Census => {
  const rows = new Map<string, Row>();
  /** What a call without a method was counted as, until a revision names it. */
  const unnamed = new Map<string, { readonly use: Use; readonly error: boolean }>();
  /** A connection has one caller; its user agent may become known late. */
  const byConnection = new Map<number, { readonly userAgent: string | null; readonly row: Row }>();
  let uncounted = 0;

  const addProcess = (row: Row, { caller: { pid, pidStart } }: Call): void => {
    if (pid === null || row.processes.size >= limits.maxProcesses) return;
    row.processes.add(`${pid} ${pidStart}`);
    if (row.pids.size < shownPids) row.pids.add(pid);
  };

  const findRow = (call: Call): Row | null => {
    const { endpoint, caller, connection } = call;
    const residence = residenceOf(caller.cgroup);
    const key = JSON.stringify([endpoint, caller.comm, caller.uid, caller.userAgent, residence]);
    const known = rows.get(key);
    if (known !== undefined) return known;
    if (rows.size >= limits.maxCallers) return null;
    const row: Row = {
      endpoint,
      caller,
      residence,
      connection,
      told: new Map(),
      processes: new Set(),
      pids: new Set(),
      methods: new Map(),
    };
    rows.set(key, row);
    return row;
  };

  const rowOf = (call: Call): Row | null => {
    const { connection, caller } = call;
    const known = byConnection.get(connection);
    if (known?.userAgent === caller.userAgent) return known.row;
    const row = findRow(call);
    if (row === null) return null;
    byConnection.delete(connection);
    if (byConnection.size >= limits.maxConnections) {
      const [oldest] = byConnection.keys();
      if (oldest !== undefined) byConnection.delete(oldest);
    }
    byConnection.set(connection, { userAgent: caller.userAgent, row });
    addProcess(row, call);
    return row;
  };

  const useOf = (row: Row, call: Call): Use => {
    const version = versionOf(call);
    const method = call.method ?? call.rpc;
    // A whole method names its version.
    const key = call.method ?? `${version} ${method}`;
    const known = row.methods.get(key);
    if (known !== undefined) return known;
    const full = row.methods.size >= limits.maxMethods;
    const restKey = `${version} (others)`;
    const rest = full ? row.methods.get(restKey) : undefined;
    if (rest !== undefined) return rest;
    const use: Use = {
      method: full ? '(others)' : method,
      version,
      calls: 0,
      errors: 0,
      first: null,
      last: null,
    };
    row.methods.set(full ? restKey : key, use);
    return use;
  };

  const count = (row: Row, call: Call): void => {
    const use = useOf(row, call);
    const error = isError(call);
    use.calls += 1;
    if (error) use.errors += 1;
    use.first = earlier(use.first, call.start ?? call.end);
    use.last = later(use.last, call.end ?? call.start);
    if (call.rpc !== null || unnamed.size >= limits.maxUnnamed) return;
    unnamed.set(`${call.connection}/${call.stream}`, { use, error });
  };

  const resultRow = (row: Row): CensusRow => {
    const { caller, residence } = row;
    const methods = [...row.methods.values()].filter((use) => use.calls > 0);
    const versions = { v1: 0, v1alpha2: 0, other: 0, unknown: 0 };
    for (const use of methods) versions[use.version] += use.calls;
    return {
      endpoint: row.endpoint,
      comm: caller.comm,
      uid: caller.uid,
      userAgent: caller.userAgent,
      residence,
      resident: residence === null ? null : residentOf(row.endpoint, residence),
      processes: row.processes.size,
      pids: [...row.pids],
      calls: methods.reduce((sum, use) => sum + use.calls, 0),
      versions,
      first: methods.reduce<Nanos | null>((first, use) => earlier(first, use.first), null),
      last: methods.reduce<Nanos | null>((last, use) => later(last, use.last), null),
      methods: methods
        .map((use) => ({ ...use }))
        .sort((a, b) => b.calls - a.calls || (a.method ?? '').localeCompare(b.method ?? '')),
    };
  };

  const seen = (row: Row, version: UsedVersion, revision: number): CallerSeen => {
    const all = resultRow(row);
    const uses = all.methods.filter((use) => use.version === version);
    const told = {
      revision,
      connection: row.connection,
      endpoint: row.endpoint,
      caller: row.caller,
      residence: row.residence,
      resident: all.resident,
      version,
      processes: all.processes,
      calls: uses.reduce((sum, { calls }) => sum + calls, 0),
      errors: uses.reduce((sum, { errors }) => sum + errors, 0),
      start: uses.reduce<Nanos | null>((first, use) => earlier(first, use.first), null),
      end: uses.reduce<Nanos | null>((last, use) => later(last, use.last), null),
    };
    return { ...told, explanation: explainCaller(told) };
  };

  return {
    add(call) {
      if (call.revision > 0) {
        // Only what had no name can get another place; a late reset moves nothing.
        const key = `${call.connection}/${call.stream}`;
        const before = unnamed.get(key);
        if (before === undefined || call.rpc === null) return null;
        unnamed.delete(key);
        before.use.calls -= 1;
        if (before.error) before.use.errors -= 1;
      }
      const row = rowOf(call);
      if (row === null) {
        uncounted += 1;
        return null;
      }
      count(row, call);
      const version = versionOf(call);
      if (row.told.has(version) || !isTold(version)) return null;
      const found = seen(row, version, 0);
      row.told.set(version, { isPlaced: found.resident !== null });
      return found;
    },
    result: () => ({
      callers: [...rows.values()]
        .map(resultRow)
        .sort((a, b) => b.versions.v1alpha2 - a.versions.v1alpha2 || b.calls - a.calls),
      uncounted,
    }),
    finish: () =>
      [...rows.values()]
        .flatMap((row) =>
          [...row.told].map(([version, { isPlaced }]) => ({ isPlaced, found: seen(row, version, 1) })),
        )
        .filter(({ isPlaced, found }) => found.calls > 1 || (!isPlaced && found.resident !== null))
        .map(({ found }) => found),
  };
};
