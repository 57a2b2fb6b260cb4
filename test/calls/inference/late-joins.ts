import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Call } from '../../../src/calls/call.ts';
import type { InferenceCounters } from '../../../src/calls/inference/limits.ts';
import type { CriSchema } from '../../../src/cri/schema.ts';
import { systemClock } from '../../../src/foundation/clock.ts';
import { createPipeline } from '../../../src/pipeline.ts';
import type { SourceEvent } from '../../../src/source/event.ts';
import { createReplay } from '../../../src/source/replay.ts';

const fileOf = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/captures/${name}.jsonl.gz`, import.meta.url));

export interface Recording {
  readonly name: string;
  readonly events: readonly SourceEvent[];
  /** RPC and whether a reply came, by `connection/stream`. */
  readonly truth: ReadonlyMap<string, Truth>;
}

export interface Truth {
  readonly rpc: string;
  readonly version: string;
  readonly replied: boolean;
  readonly refused: boolean;
  readonly start: bigint;
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
    truth.set(`${line.conn}/${line.stream}`, {
      rpc,
      version,
      replied: Number(line.response_messages) > 0,
      refused: line.status === '12',
      start: BigInt(String(line.start)),
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
  readonly counters: InferenceCounters;
}

/**
 * What is found when the observer comes after `index` events: connections open by then are joined, and of the piece
 * in which each is met first a part may be lost, as a tap that comes while a read is under way loses it.
 */
export const join = (
  { events }: Recording,
  index: number,
  schema: CriSchema,
  random: () => number,
): Joined => {
  const pipeline = createPipeline({ schema, full: false });
  const calls = new Map<string, Call>();
  const take = (event: SourceEvent): void => {
    for (const finding of pipeline.push(event)) {
      if (finding.kind === 'call')
        calls.set(`${finding.call.connection}/${finding.call.stream}`, finding.call);
    }
  };
  const opened = new Map<number, Extract<SourceEvent, { kind: 'open' }>>();
  for (const event of events.slice(0, index)) {
    if (event.kind === 'open') opened.set(event.connection, event);
    if (event.kind === 'close' || event.kind === 'refused') opened.delete(event.connection);
  }
  const seen = events[index]?.seen ?? { at: 0n, sentAt: null };
  for (const event of opened.values()) take({ ...event, seen, joined: true });
  const met = new Set<string>();
  for (const event of events.slice(index)) {
    if (!('connection' in event) || !opened.has(event.connection)) continue;
    if (event.kind === 'data' && !met.has(`${event.connection}${event.direction}`)) {
      met.add(`${event.connection}${event.direction}`);
      const lost = random() < 0.5 ? 0 : Math.floor(random() * event.bytes.length);
      take({ ...event, bytes: event.bytes.subarray(lost) });
    } else take(event);
  }
  for (const finding of pipeline.finish()) {
    if (finding.kind === 'call') calls.set(`${finding.call.connection}/${finding.call.stream}`, finding.call);
  }
  return { at: seen.at, calls: [...calls.values()], counters: pipeline.counters.inference };
};
