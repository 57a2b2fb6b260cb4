import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import { type ApiVersion, methodCodecs } from '../../src/demo/codec.ts';
import type { CallRecord } from '../../src/demo/cri-client.ts';
import { createGrpcServer, failed, finished } from '../../src/demo/grpc-server.ts';
import { createKubelet, type KubeletOptions } from '../../src/demo/kubelet.ts';
import { notInitialized, type RuntimeOptions } from '../../src/demo/runtime.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { aRuntime } from '../support/a-runtime.ts';
import { temporaryFolder } from '../support/folder.ts';

const aKubelet = (socket: string, options: Partial<KubeletOptions> = {}) => {
  const records: CallRecord[] = [];
  const kubelet = createKubelet({
    clock: systemClock(),
    socket,
    signal: new AbortController().signal,
    record: (record) => records.push(record),
    pace: 0,
    ...options,
  });
  return {
    kubelet,
    records,
    asked: () => records.map(({ path, code }) => `${path.replace('runtime.', '')} ${code}`),
  };
};

const starts: readonly {
  readonly name: string;
  readonly runtime: Partial<RuntimeOptions>;
  readonly versions: readonly ApiVersion[];
  readonly asks: readonly string[];
  readonly started: boolean;
}[] = [
  {
    name: 'since 1.26, a runtime of the day',
    runtime: {},
    versions: ['v1'],
    asks: [
      'v1.RuntimeService/Version OK',
      'v1.ImageService/ImageFsInfo OK',
      'v1.RuntimeService/RuntimeConfig OK',
    ],
    started: true,
  },
  {
    name: 'a runtime older than RuntimeConfig',
    runtime: { without: ['RuntimeConfig'] },
    versions: ['v1'],
    asks: [
      'v1.RuntimeService/Version OK',
      'v1.ImageService/ImageFsInfo OK',
      'v1.RuntimeService/RuntimeConfig UNIMPLEMENTED',
      'v1.RuntimeService/Version OK',
    ],
    started: true,
  },
  {
    name: '1.23 to 1.25 falls back without probing v1alpha2',
    runtime: { versions: ['v1alpha2'] },
    versions: ['v1', 'v1alpha2'],
    asks: [
      'v1.RuntimeService/Version UNIMPLEMENTED',
      'v1.ImageService/ImageFsInfo UNIMPLEMENTED',
      'v1alpha2.RuntimeService/Version OK',
      'v1alpha2.RuntimeService/Status OK',
    ],
    started: true,
  },
  {
    name: 'before 1.23 nothing is probed',
    runtime: {},
    versions: ['v1alpha2'],
    asks: ['v1alpha2.RuntimeService/Version OK', 'v1alpha2.RuntimeService/Status OK'],
    started: true,
  },
  {
    name: 'since 1.26 a v1alpha2 runtime is the end, before the image service is asked',
    runtime: { versions: ['v1alpha2'] },
    versions: ['v1'],
    asks: ['v1.RuntimeService/Version UNIMPLEMENTED'],
    started: false,
  },
  {
    name: 'a runtime that is not ready is the end too',
    runtime: { fault: () => ({ end: notInitialized }) },
    versions: ['v1', 'v1alpha2'],
    asks: ['v1.RuntimeService/Version UNKNOWN'],
    started: false,
  },
  {
    name: 'RuntimeConfig is tried three times',
    runtime: { fault: ({ method }) => (method === 'RuntimeConfig' ? { end: failed(2, 'later') } : null) },
    versions: ['v1'],
    asks: [
      'v1.RuntimeService/Version OK',
      'v1.ImageService/ImageFsInfo OK',
      'v1.RuntimeService/RuntimeConfig UNKNOWN',
      'v1.RuntimeService/RuntimeConfig UNKNOWN',
      'v1.RuntimeService/RuntimeConfig UNKNOWN',
      'v1.RuntimeService/Version OK',
    ],
    started: true,
  },
];

for (const { name, runtime, versions, asks, started } of starts)
  test(`start: ${name}`, async (t) => {
    const { socket } = await aRuntime(t, runtime);
    const { kubelet, asked } = aKubelet(socket, { versions });
    t.after(() => kubelet.close());
    assert.equal(await kubelet.start(), started);
    assert.deepEqual(asked().slice(0, asks.length), asks);
    if (!started) assert.equal(asked().length, asks.length);
  });

test('start: the probes are empty, the check asks for 0.1.0', async (t) => {
  const { socket } = await aRuntime(t);
  const { kubelet, records } = aKubelet(socket);
  t.after(() => kubelet.close());
  await kubelet.start();
  const sizes = records.map(({ method, requestBytes }) => [method, requestBytes]);
  assert.deepEqual(sizes.slice(0, 5), [
    ['Version', 0],
    ['ImageFsInfo', 0],
    ['RuntimeConfig', 0],
    ['Version', 7],
    ['Status', 0],
  ]);
});

test('the image service may be on another socket and in another version', async (t) => {
  const runtime = await aRuntime(t, { versions: ['v1'], services: ['RuntimeService'] });
  const images = await aRuntime(t, { versions: ['v1alpha2'], services: ['ImageService'] });
  const { kubelet } = aKubelet(runtime.socket, { imageSocket: images.socket, versions: ['v1', 'v1alpha2'] });
  t.after(() => kubelet.close());
  assert.equal(await kubelet.start(), true);
  assert.deepEqual([kubelet.version('RuntimeService'), kubelet.version('ImageService')], ['v1', 'v1alpha2']);
  assert.equal(
    (await kubelet.invoke('ListImages', {})).record.path,
    'runtime.v1alpha2.ImageService/ListImages',
  );
});

test('both services have a connection of their own on one socket', async (t) => {
  const { socket } = await aRuntime(t);
  const front = join(await temporaryFolder(t), 'front.sock');
  let connections = 0;
  const relay = createServer((client) => {
    connections++;
    const server = connect(socket);
    client.pipe(server).pipe(client);
    for (const end of [client, server]) end.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => relay.listen(front, resolve));
  t.after(() => relay.close());
  const { kubelet } = aKubelet(front);
  t.after(() => kubelet.close());
  await kubelet.start();
  await Promise.all(Array.from({ length: 8 }, () => kubelet.invoke('Status', {})));
  assert.equal(connections, 2);
});

test("deadlines are a kubelet's", async (t) => {
  const socket = join(await temporaryFolder(t), 'server.sock');
  const seen = new Map<string, string | undefined>();
  const codecs = methodCodecs('v1');
  const server = createGrpcServer({
    async handle(call) {
      const method = call.method.split('/')[1] ?? '';
      seen.set(method, String(call.metadata['grpc-timeout'] ?? ''));
      await call.send(codecs.get(method)?.encodeResponse({}) ?? Buffer.alloc(0));
      return finished;
    },
  });
  await server.listen(socket);
  t.after(() => server.close());
  const { kubelet } = aKubelet(socket);
  t.after(() => kubelet.close());
  await kubelet.invoke('Status', {});
  await kubelet.invoke('RunPodSandbox', {});
  await kubelet.invoke('StopContainer', {}, { extraMs: 30_000 });
  await kubelet.invoke('ExecSync', {}, { extraMs: 1_000 });
  await kubelet.invoke('PullImage', {});
  const milliseconds = (method: string): number => {
    const [, digits, unit] = /^(\d+)([mS])$/.exec(seen.get(method) ?? '') ?? [];
    return Number(digits) * (unit === 'S' ? 1_000 : 1);
  };
  for (const [method, expected] of [
    ['Status', 120_000],
    ['RunPodSandbox', 240_000],
    ['StopContainer', 150_000],
    ['ExecSync', 121_000],
  ] as const) {
    const sent = milliseconds(method);
    assert.ok(sent <= expected && sent > expected - 2_000, `${method}: ${seen.get(method)}`);
  }
  assert.equal(seen.get('PullImage'), '');
});

test('calls of one sync share their metadata; requests may be compressed', async (t) => {
  const socket = join(await temporaryFolder(t), 'server.sock');
  const seen: string[] = [];
  const codec = methodCodecs('v1').get('Status');
  assert.ok(codec);
  const server = createGrpcServer({
    async handle(call) {
      seen.push(`${call.metadata.traceparent} ${call.metadata['grpc-encoding']}`);
      await call.send(codec.encodeResponse({}));
      return finished;
    },
  });
  await server.listen(socket);
  t.after(() => server.close());
  const { kubelet } = aKubelet(socket, {
    metadata: (sync) => ({ traceparent: `00-${sync}-01` }),
    gzipRequests: true,
  });
  t.after(() => kubelet.close());
  await kubelet.invoke('Status', {}, { sync: 'a' });
  await kubelet.invoke('Status', {});
  assert.deepEqual(seen, ['00-a-01 gzip', '00-Status-01 gzip']);
});

test('an absent runtime is a record, not an exception', async (t) => {
  const { kubelet, asked } = aKubelet(join(await temporaryFolder(t), 'nobody.sock'));
  t.after(() => kubelet.close());
  assert.equal(await kubelet.start(), false);
  assert.deepEqual(asked(), ['v1.RuntimeService/Version UNAVAILABLE']);
});

test('close cancels what is in flight and ends the steady state', async (t) => {
  const { socket } = await aRuntime(t, {
    fault: ({ method }) => (method === 'ExecSync' ? { delayMs: 60_000 } : null),
  });
  const { kubelet } = aKubelet(socket, { pace: 0.001 });
  const steady = kubelet.steadyState(new AbortController().signal);
  const slow = kubelet.invoke('ExecSync', { container_id: 'a' });
  await kubelet.invoke('Version', {});
  kubelet.close();
  await steady;
  assert.equal((await slow).record.code, 'CANCELLED');
});
