import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Call } from '../../../src/calls/call.ts';
import type { Finding } from '../../../src/calls/finding.ts';
import type { CriSchema } from '../../../src/cri/schema.ts';
import { systemClock } from '../../../src/foundation/clock.ts';
import { createPipeline, type PipelineCounters } from '../../../src/pipeline.ts';
import type { SourceEvent } from '../../../src/source/event.ts';
import { createReplay } from '../../../src/source/replay.ts';

export const fileOf = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/captures/${name}.jsonl.gz`, import.meta.url));

export interface Recording {
  readonly name: string;
  readonly events: readonly SourceEvent[];
  /** By `connection/stream`. */
  readonly truth: ReadonlyMap<string, Truth>;
}

export interface Truth {
  readonly rpc: string;
  readonly version: string;
  /** A reply message came. */
  readonly replied: boolean;
  /** By number; null where none was seen. */
  readonly status: number | null;
  readonly start: bigint;
  readonly requestMessages: number;
  readonly requestBytes: number;
  readonly responseMessages: number;
  readonly responseBytes: number;
}

const linesOf = (path: string): Record<string, unknown>[] =>
  gunzipSync(readFileSync(path))
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

export const record = async (name: string): Promise<Recording> => {
  const replay = await createReplay({ input: fileOf(name), pace: null, clock: systemClock() });
  const events: SourceEvent[] = [];
  for await (const batch of replay.events()) events.push(...batch);
  const truth = new Map<string, Truth>();
  for (const line of linesOf(fileOf(`${name}.truth`))) {
    const [, version = '', rpc = ''] = /runtime\.(\w+)\.\w+\/(\w+)$/.exec(String(line.path)) ?? [];
    const status = line.status === undefined || line.status === '' ? null : Number(line.status);
    truth.set(`${line.conn}/${line.stream}`, {
      rpc,
      version,
      replied: Number(line.response_messages) > 0,
      status,
      start: BigInt(String(line.start)),
      requestMessages: Number(line.request_messages),
      requestBytes: Number(line.request_bytes),
      responseMessages: Number(line.response_messages),
      responseBytes: Number(line.response_bytes),
    });
  }
  return { name, events, truth };
};

/** A repeatable sequence of numbers in [0, 1). */
export const numbers = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};

export interface Joined {
  readonly at: bigint;
  /** Last revisions of the calls of connections that were there already. */
  readonly calls: readonly Call[];
  readonly findings: readonly Finding[];
  readonly counters: PipelineCounters;
}

/** What is lost on the way to the observer. */
export type Damage = (event: SourceEvent) => readonly SourceEvent[];

export const noDamage: Damage = (event) => [event];

/** Of a share of the pieces a part is lost, in the middle or all of it. */
export const gaps =
  (share: number, random: () => number): Damage =>
  (event) => {
    if (event.kind !== 'data' || random() >= share) return [event];
    const { bytes, connection, direction, seen } = event;
    const from = Math.floor(random() * bytes.length);
    const to = from + 1 + Math.floor(random() * (bytes.length - from));
    const parts: SourceEvent[] = [];
    if (from > 0) parts.push({ ...event, bytes: bytes.subarray(0, from) });
    parts.push({ kind: 'gap', connection, direction, seen, length: to - from });
    if (to < bytes.length) parts.push({ ...event, bytes: bytes.subarray(to) });
    return parts;
  };

/**
 * What is found when the observer comes after `index` events: connections open by then are joined, each `apart` as many
 * events later as it says, and of the piece in which each is met first a part may be lost, as a tap that comes while a
 * read is under way loses it.
 */
export const join = (
  { events }: Recording,
  index: number,
  schema: CriSchema,
  random: () => number,
  { apart = () => 0, damage = noDamage }: { readonly apart?: () => number; readonly damage?: Damage } = {},
): Joined => {
  const pipeline = createPipeline({ schema, full: false });
  const calls = new Map<string, Call>();
  const findings: Finding[] = [];
  const take = (found: readonly Finding[]): void => {
    for (const finding of found) {
      findings.push(finding);
      if (finding.kind === 'call')
        calls.set(`${finding.call.connection}/${finding.call.stream}`, finding.call);
    }
  };
  const waiting = new Map<number, { readonly open: SourceEvent; readonly from: number }>();
  for (const event of events.slice(0, index)) {
    if (event.kind === 'open') waiting.set(event.connection, { open: event, from: index + apart() });
    if (event.kind === 'close' || event.kind === 'refused') waiting.delete(event.connection);
  }
  const joined = new Set<number>();
  const met = new Set<string>();
  for (const [at, event] of [...events.entries()].slice(index)) {
    if (!('connection' in event)) continue;
    const { connection, seen } = event;
    const wait = waiting.get(connection);
    if (wait !== undefined && at >= wait.from) {
      waiting.delete(connection);
      joined.add(connection);
      if (wait.open.kind === 'open') take(pipeline.push({ ...wait.open, seen, joined: true }));
    }
    if (!joined.has(connection)) continue;
    for (const part of damage(event)) {
      const key = 'direction' in part ? `${connection}${part.direction}` : '';
      if (part.kind !== 'data' || met.has(key)) take(pipeline.push(part));
      else {
        met.add(key);
        const lost = random() < 0.5 ? 0 : Math.floor(random() * part.bytes.length);
        take(pipeline.push({ ...part, bytes: part.bytes.subarray(lost) }));
      }
    }
  }
  take(pipeline.finish());
  const at = events[index]?.seen.at ?? 0n;
  return { at, calls: [...calls.values()], findings, counters: pipeline.counters };
};
