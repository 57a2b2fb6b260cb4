import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Seen } from '../../../src/foundation/time.ts';
import { createCaptureEncoder } from '../../../src/source/capture/encoder.ts';
import { type CaptureReader, openCapture } from '../../../src/source/capture/reader.ts';
import type { Peer, SourceEvent } from '../../../src/source/event.ts';
import { kernelEvents } from '../../support/kernel-events.ts';

const folder = fileURLToPath(new URL('../../fixtures/captures/', import.meta.url));

/** Paths of the captures in the fixtures, without their truths. */
export const captureFixtures = readdirSync(folder)
  .filter((name) => name.endsWith('.jsonl.gz') && !name.includes('.truth.'))
  .map((name) => folder + name);

export const fixture = (name: string): Buffer => readFileSync(`${folder}${name}.jsonl.gz`);

export async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

export interface ReadCapture extends Pick<CaptureReader, 'header' | 'counters' | 'headerHash'> {
  readonly events: SourceEvent[];
}

export const readBytes = async (bytes: Uint8Array, length = 65_536): Promise<ReadCapture> => {
  const reader = await openCapture({ stream: inPieces(bytes, length), name: 'test' });
  const events: SourceEvent[] = [];
  for await (const batch of reader.events()) events.push(...batch);
  return { header: reader.header, headerHash: reader.headerHash, counters: reader.counters, events };
};

export const header = '{"capture":1,"socket":"/run/r.sock"}';

export const readLines = (...lines: readonly (string | object)[]): Promise<ReadCapture> =>
  readBytes(
    Buffer.from(
      [header, ...lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)))]
        .join('\n')
        .concat('\n'),
    ),
  );

/** Counters that are not zero, but for those that count all lines and events. */
export const faults = ({ counters }: Pick<ReadCapture, 'counters'>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(counters).filter(([name, value]) => value !== 0 && name !== 'lines' && name !== 'events'),
  );

export const encode = (events: readonly SourceEvent[], socket = '/run/r.sock'): Buffer => {
  const encoder = createCaptureEncoder(socket);
  return Buffer.from(encoder.header({}) + events.map((event) => encoder.event(event)).join(''));
};

/** Small gzip members, one after the other. */
export const inMembers = (text: Buffer, length: number): Buffer[] => {
  const members: Buffer[] = [];
  for (let at = 0; at < text.length; at += length) members.push(gzipSync(text.subarray(at, at + length)));
  return members;
};

const orNull = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null });
const nanos = fc.bigInt({ min: 0n, max: 1_000_000_000n });
const peer: fc.Arbitrary<Peer> = fc.record(
  {
    pid: orNull(fc.nat()),
    pidStart: orNull(nanos),
    uid: orNull(fc.nat()),
    comm: orNull(fc.string()),
    cgroup: orNull(fc.string()),
  },
  { noNullPrototype: true },
);

/** What a source may yield: connections that are opened, used and closed, in any interleaving. */
export const sequences: fc.Arbitrary<SourceEvent[]> = fc
  .array(
    fc.record({
      what: fc.constantFrom('open', 'data', 'data', 'data', 'gap', 'end', 'close', 'refused', 'kernel'),
      pick: fc.nat(),
      step: nanos,
      sentAt: orNull(nanos),
      direction: fc.constantFrom('request', 'response'),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 60 }),
      peer,
      endpoint: fc.constantFrom('/run/r.sock', '/run/other.sock'),
      joined: fc.boolean(),
      event: kernelEvents,
    }),
    { maxLength: 40 },
  )
  .map((steps) => {
    const events: SourceEvent[] = [];
    const open: { connection: number; endpoint: string; client: Peer }[] = [];
    let at = 1_795_474_939_168_483_265n;
    let last = 0;
    for (const { what, pick, step, sentAt, direction, bytes, peer, endpoint, joined, event } of steps) {
      at += step;
      const seen: Seen = { at, sentAt, ...(sentAt !== null && pick % 2 === 0 ? { sentBound: true } : {}) };
      if (what === 'kernel') events.push({ kind: 'kernel', seen, event });
      else if (what === 'open') {
        last += 1;
        open.push({ connection: last, endpoint, client: peer });
        events.push({
          kind: 'open',
          connection: last,
          seen: { at, sentAt: null },
          endpoint,
          client: peer,
          server: peer,
          joined,
        });
      } else {
        const index = open.length === 0 ? -1 : pick % open.length;
        const one = open[index];
        if (one === undefined) continue;
        const { connection } = one;
        if (what === 'data')
          events.push({ kind: 'data', connection, seen, direction, bytes: Buffer.from(bytes) });
        else if (what === 'gap')
          events.push({ kind: 'gap', connection, seen, direction, length: bytes.length });
        else if (what === 'end') events.push({ kind: 'end', connection, seen, direction });
        else {
          open.splice(index, 1);
          if (what === 'close') events.push({ kind: 'close', connection, seen });
          else events.push({ kind: 'refused', connection, seen, endpoint: one.endpoint, client: one.client });
        }
      }
    }
    return events;
  });
