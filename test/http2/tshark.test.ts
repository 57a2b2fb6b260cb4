import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pcapOf, serverPort } from '../../bench/decode/pcap.ts';
import type { Http2Event } from '../../src/http2/event.ts';
import type { SourceEvent } from '../../src/source/event.ts';
import { temporaryFolder } from '../support/folder.ts';
import { replayEvents } from '../support/replay-events.ts';
import { type TsharkFrame, tsharkFrames } from './tshark.ts';
import { fieldText, type Step, watch } from './wire.ts';

/** What one direction of a stream said, in the words of neither decoder. */
interface Said {
  /** Header blocks in order, each with its fields in order. */
  readonly headers: (readonly string[])[];
  dataBytes: number;
  ended: boolean;
  reset: boolean;
}

const [dataType, headersType, resetType] = [0, 1, 3];
const [endStream, padded] = [0x01, 0x08];

const createTally = () => {
  const said = new Map<string, Said>();
  return {
    said,
    of(connection: number, stream: number, direction: string): Said {
      const key = `${connection} ${stream} ${direction}`;
      const found = said.get(key) ?? { headers: [], dataBytes: 0, ended: false, reset: false };
      said.set(key, found);
      return found;
    },
  };
};

const byTshark = (frames: readonly TsharkFrame[]): Map<string, Said> => {
  const tally = createTally();
  for (const { connection, stream, direction, type, flags, length, fields } of frames) {
    if (![dataType, headersType, resetType].includes(type)) continue;
    const said = tally.of(connection, stream, direction);
    if (type === headersType) said.headers.push(fields);
    if (type === dataType) {
      assert.equal(flags & padded, 0, 'what padding takes is not among the columns');
      said.dataBytes += length;
    }
    if (type === resetType) said.reset = true;
    else if ((flags & endStream) !== 0) said.ended = true;
  }
  return tally.said;
};

const byObserver = (events: readonly SourceEvent[]): Map<string, Said> => {
  const connections = new Map<number, Step[]>();
  for (const event of events) {
    if (event.kind === 'open') connections.set(event.connection, []);
    if (event.kind === 'data') connections.get(event.connection)?.push(event);
  }
  const tally = createTally();
  const add = (connection: number, event: Http2Event): void => {
    if (event.kind === 'headers') {
      const said = tally.of(connection, event.stream, event.direction);
      assert.ok(event.complete);
      said.headers.push(event.fields.map(fieldText));
      if (event.endStream) said.ended = true;
    } else if (event.kind === 'data') {
      const said = tally.of(connection, event.stream, event.direction);
      said.dataBytes += event.bytes.length;
      if (event.endStream) said.ended = true;
    } else if (event.kind === 'rst_stream') tally.of(connection, event.stream, event.direction).reset = true;
  };
  // The TCP connections of the file are numbered in the order of their opening.
  [...connections.values()].forEach((steps, ordinal) => {
    for (const event of watch(steps, { joined: false })) add(ordinal, event);
  });
  return tally.said;
};

/** `data` events taken of a long recording: so many that tshark needs about a second. */
const enough = 3_000;

const cut = (events: readonly SourceEvent[], count: number): SourceEvent[] => {
  let data = 0;
  return events.filter((event) => event.kind !== 'data' || data++ < count);
};

for (const name of [
  'pod-lifecycle-c16-crictl1.36',
  'pod-lifecycle-crio-crictl1.36',
  'v1alpha2-c16-crictl1.22',
  'kubelet-1.37-containerd-2.4',
  'kubelet-1.30-containerd-2.4-tracing',
])
  test(`${name}: tshark reads the same headers, bodies and ends out of the same bytes`, async (t) => {
    const path = fileURLToPath(new URL(`../fixtures/captures/${name}.jsonl.gz`, import.meta.url));
    const events = cut(await replayEvents(path), enough);
    const pcap = join(await temporaryFolder(t), 'connections.pcap');
    await writeFile(pcap, pcapOf(events, 1));

    const theirs = byTshark(tsharkFrames(pcap, serverPort));
    const ours = byObserver(events);
    assert.deepEqual([...ours.keys()].sort(), [...theirs.keys()].sort());
    for (const [key, said] of theirs) assert.deepEqual({ key, ...ours.get(key) }, { key, ...said });

    // Both read something: a path of each request, a status of its reply.
    const texts = [...theirs.values()].flatMap(({ headers }) => headers.flat());
    const count = (start: string) => texts.filter((text) => text.startsWith(start)).length;
    assert.ok(count(':path: /runtime.v1') > 10 && count('grpc-status: ') > 10);
  });
