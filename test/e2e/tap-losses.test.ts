import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Call } from '../../src/calls/call.ts';
import { loadSchema } from '../../src/cri/schema.ts';
import { methodCodecs } from '../../src/demo/codec.ts';
import { populate } from '../../src/demo/runtime.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { type Direction, directions } from '../../src/foundation/direction.ts';
import { createPipeline } from '../../src/pipeline.ts';
import type { SourceEvent } from '../../src/source/event.ts';
import { aRuntime } from '../support/a-runtime.ts';
import { critraceProcess } from '../support/critrace-process.ts';
import { temporaryFolder } from '../support/folder.ts';
import { type Exchanging, grpcClient } from '../support/grpc.ts';
import { aProxy, type Observed, observed } from '../support/observed.ts';
import { type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { replayEvents } from '../support/replay-events.ts';

const codecs = methodCodecs('v1');
const path = (rpc: string): string => codecs.get(rpc)?.path ?? '';
const none = Buffer.alloc(0);

/** Of a node with 300 containers in 100 seconds: here as fast as they come, on so many connections at once. */
const calls = 3_400;
const clients = 8;
/** So little that a list, which is larger, overflows it before the helper thread can have its turn. */
const smallRing = ['--ring-size', '64KiB'];

interface Load {
  /** Where the tap is to look. */
  readonly runtime: string;
  /** All that passes, by a proxy between clients and runtime: what is to be known. */
  readonly truth: Observed;
  /** Bytes that the proxy has read and written. */
  bytes(): Readonly<Record<Direction, number>>;
  /** All calls at once, some with large replies. */
  rush(): Promise<void>;
  /** One call at a time, on each connection. */
  one(rpc: string): Promise<void>;
  /** No more of it: everything is closed. */
  end(): Promise<void>;
}

const aLoad = async (t: TestContext): Promise<Load> => {
  const runtime = await aRuntime(t);
  populate(runtime.state, 60, { clock: systemClock(), seed: 5, image: 'i', annotationBytes: 1500 });
  const { proxy, socket } = await aProxy(t, runtime.socket, { maxQueuedBytes: 512 * 1024 * 1024 });
  const truth = observed(proxy);
  const callers: Exchanging[] = [];
  const call = async (at: number, rpc: string): Promise<void> => {
    const { code } = (await callers[at]?.(path(rpc), none)) ?? { code: 'no caller' };
    assert.equal(code, 'OK');
  };
  return {
    runtime: runtime.socket,
    truth,
    bytes: () => ({ request: proxy.counters.requestBytes, response: proxy.counters.responseBytes }),
    async rush() {
      for (let at = 0; at < clients; at++) {
        // One after the other, so that connections are known by their order.
        callers.push(grpcClient(t, socket));
        await call(at, 'Version');
      }
      const each = async (at: number): Promise<void> => {
        for (let left = calls / clients; left > 0; left--)
          await call(at, left % 5 === 0 ? 'ListContainers' : left % 2 === 0 ? 'Status' : 'Version');
      };
      await Promise.all(callers.map((_, at) => each(at)));
    },
    async one(rpc) {
      for (let at = 0; at < clients; at++) await call(at, rpc);
    },
    async end() {
      await proxy.stop();
      await proxy.close();
      await truth.done;
      assert.equal(proxy.counters.lostBytes, 0);
    },
  };
};

const sumsOf = (events: readonly SourceEvent[]) => {
  const sums = { seen: { request: 0, response: 0 }, lost: { request: 0, response: 0 } };
  for (const event of events) {
    if (event.kind === 'data') sums.seen[event.direction] += event.bytes.length;
    else if (event.kind === 'gap') sums.lost[event.direction] += event.length;
  }
  return sums;
};

const replayed = (events: readonly SourceEvent[]): Call[] => {
  const pipeline = createPipeline({ schema: loadSchema(), full: false });
  const found = new Map<string, Call>();
  const take = (findings: ReturnType<typeof pipeline.push>): void => {
    for (const finding of findings)
      if (finding.kind === 'call')
        found.set(`${finding.call.connection}/${finding.call.stream}`, finding.call);
  };
  for (const event of events) take(pipeline.push(event));
  take(pipeline.finish());
  return [...found.values()];
};

/** By the order of the connections that said something, and the stream. */
const byPlace = (all: readonly Call[]): Map<string, Call> => {
  const connections = [...new Set(all.map(({ connection }) => connection))].sort((a, b) => a - b);
  return new Map(all.map((call) => [`${connections.indexOf(call.connection)}/${call.stream}`, call]));
};

/** What is told of a call and is not so. What is not known is null, and never wrong. */
const untruths = (call: Call, truth: Call | undefined): string[] => {
  if (truth === undefined) return ['there was no such call'];
  const { rpc, result } = call;
  const wrong: string[] = [];
  if (rpc !== null && rpc !== truth.rpc) wrong.push(`${truth.rpc} as ${rpc} (${call.methodSource})`);
  if (result.status !== null && result.status !== truth.result.status)
    wrong.push(`${truth.result.status} as ${result.status}`);
  for (const direction of directions)
    if (result[direction].bytes > truth.result[direction].bytes) wrong.push('more bytes than there were');
  const isWhole = directions.every((direction) => result[direction].bytes === truth.result[direction].bytes);
  if (result.lostBytes === 0 && result.outcome === 'finished' && !isWhole)
    wrong.push('called whole, and is not');
  return wrong;
};

test('a load that outruns a small ring: bytes seen and lost are those that passed, and what is told of calls is true', async (t) => {
  const load = await aLoad(t);
  const capture = join(await temporaryFolder(t), 'capture.jsonl.gz');
  const tap = ['-r', load.runtime, '--source', 'tap', '--kernel-events', 'none', ...smallRing];
  const critrace = critraceProcess(t, ['record', ...tap, '--output', capture]);
  await critrace.says(/watching .* in the kernel/);
  await load.rush();
  await load.end();
  assert.equal(await critrace.end('SIGINT'), 130);

  const events = await replayEvents(capture);
  const { seen, lost } = sumsOf(events);
  const passed = load.bytes();
  for (const direction of directions) assert.equal(seen[direction] + lost[direction], passed[direction]);
  assert.ok(lost.response > 0, 'the ring was too small');

  const truth = byPlace(load.truth.calls());
  assert.equal(truth.size, calls + clients);
  const told = byPlace(replayed(events));
  const wrong = [...told].flatMap(([place, call]) =>
    untruths(call, truth.get(place)).map((what) => `${place}: ${what}`),
  );
  assert.deepEqual(wrong, []);
  const all = [...told.values()];
  t.diagnostic(
    `${lost.request} of ${passed.request} and ${lost.response} of ${passed.response} bytes lost; of ${truth.size} calls ${
      all.length
    } told, ${all.filter(({ rpc }) => rpc !== null).length} with their names, ${
      all.filter(({ result }) => result.lostBytes === 0).length
    } whole`,
  );
});

type Health = Readonly<Record<string, Readonly<Record<string, number>>>>;

const healthIn = (said: string): Health => {
  const [line = '{}'] = said.match(/.*"health":.*/g)?.slice(-1) ?? [];
  return JSON.parse(line).health ?? {};
};

/** Of a runtime's span: nothing of the call is missing, and what was asked and answered is known. */
const isWhole = ({ kind, name, attributes }: ReceivedSpan, rpc: string): boolean =>
  kind === 3 &&
  name === `runtime.v1.RuntimeService/${rpc}` &&
  attributes['rpc.status_code'] === 'OK' &&
  attributes['cri.lost_bytes'] === undefined &&
  attributes['cri.lost_bytes_unknown'] === undefined;

test('the agent under such a load: every byte is counted, and frames and headers are found again on each connection', async (t) => {
  const load = await aLoad(t);
  const receiver = await startOtlpReceiver();
  t.after(() => receiver.close());
  const tap = ['-r', load.runtime, '--source', 'tap', '--kernel-events', 'none', ...smallRing];
  const collector = ['--otlp-endpoint', `http://127.0.0.1:${receiver.port}`, '--otlp-delay', '50ms'];
  const spool = ['--spool-dir', await temporaryFolder(t)];
  const rest = ['--sampling', 'all', '--page-listen', 'off', '--metrics-exporter', 'none'];
  const agent = critraceProcess(t, ['agent', ...tap, ...collector, ...spool, ...rest]);
  await agent.says(/watching .* in the kernel/);
  await load.rush();
  /** Connections with a whole call of a kind that there was none of in the rush. */
  const foundAgain = (): number =>
    new Set(
      receiver.spans
        .filter((span) => isWhole(span, 'RuntimeConfig'))
        .map(({ attributes }) => attributes['cri.connection']),
    ).size;
  for (let round = 0; round < 500 && foundAgain() < clients; round++) await load.one('RuntimeConfig');
  await load.end();
  assert.equal(await agent.end('SIGTERM'), 0);
  assert.equal(foundAgain(), clients);
  const { requestBytes = 0, responseBytes = 0, lostBytes = 0 } = healthIn(agent.stderr()).tap ?? {};
  const passed = load.bytes();
  assert.ok(lostBytes > 0, 'the ring was too small');
  assert.equal(requestBytes + responseBytes + lostBytes, passed.request + passed.response);
});
