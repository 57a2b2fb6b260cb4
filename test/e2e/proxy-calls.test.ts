import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Metadata, status } from '@grpc/grpc-js';
import type { Call } from '../../src/calls/call.ts';
import { methodCodecs } from '../../src/demo/codec.ts';
import type { CallRecord } from '../../src/demo/cri-client.ts';
import { failed } from '../../src/demo/grpc-server.ts';
import { createKubelet } from '../../src/demo/kubelet.ts';
import { startPod, stopPod } from '../../src/demo/pod-worker.ts';
import { populate, type RuntimeOptions } from '../../src/demo/runtime.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { clientPreface, concat, frame, literal } from '../http2/wire.ts';
import { aRuntime } from '../support/a-runtime.ts';
import { temporaryFolder } from '../support/folder.ts';
import { brief, grpcClient, grpcServer } from '../support/grpc.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { aProxy, type Observed, observed } from '../support/observed.ts';
import { until } from '../support/until.ts';

const image = 'registry.example/app:1';
const codecs = methodCodecs('v1');

const request = (method: string, message: Readonly<Record<string, unknown>> = {}): [string, Buffer] => {
  const codec = codecs.get(method);
  if (codec === undefined) throw new RangeError(method);
  return [codec.path, codec.encodeRequest(message)];
};

/** Runs the same play straight to a runtime and, on another one like it, through an observed proxy. */
const bothWays = async <T>(
  t: TestContext,
  runtimeSocket: () => Promise<string>,
  play: (socket: string) => Promise<T>,
): Promise<{ readonly direct: T; readonly through: T; readonly seen: Observed }> => {
  const direct = await play(await runtimeSocket());
  const { proxy, socket } = await aProxy(t, await runtimeSocket());
  const seen = observed(proxy);
  const through = await play(socket);
  assert.equal(proxy.counters.lostBytes + proxy.counters.unobservedBytes, 0);
  return { direct, through, seen };
};

/** Runtimes that give the same ids and times, each time. */
const runtimes =
  (t: TestContext, options: Partial<RuntimeOptions> = {}) =>
  async () =>
    (await aRuntime(t, { clock: createManualClock(), seed: 7, images: [image], ...options })).socket;

const textOf = (record: CallRecord): string =>
  [
    record.path,
    record.code,
    record.code === 'DEADLINE_EXCEEDED' ? '' : record.details,
    record.requestBytes,
    record.responseBytes,
    record.responseMessages,
  ].join(' ');

const seenText = (call: Call): string =>
  [
    call.method,
    call.result.status,
    call.result.statusMessage ?? '',
    call.result.request.bytes,
    call.result.response.bytes,
    call.result.response.messages,
  ].join(' ');

const isOurs = (call: Call): void => {
  assert.equal(call.caller.pid, process.pid);
  assert.equal(call.caller.uid, process.getuid?.());
  assert.match(call.caller.userAgent ?? '', /^grpc-node-js\//);
  assert.equal(call.result.lostBytes, 0);
};

test('a kubelet meets the same runtime through the proxy, and each of its calls is seen once', async (t) => {
  const place = { logFolder: '/var/log/pods', volumeFolder: '/var/lib/kubelet', cgroupParent: '/critrace' };
  const play = async (socket: string): Promise<CallRecord[]> => {
    const calls: CallRecord[] = [];
    const kubelet = createKubelet({
      clock: systemClock(),
      socket,
      signal: new AbortController().signal,
      record: (call) => calls.push(call),
    });
    assert.ok(await kubelet.start());
    const containers = ['web', 'sidecar'].map((name) => ({ name, image, args: ['--listen'] }));
    const plan = { namespace: 'default', name: 'web-0', uid: 'uid-0', attempt: 0, containers };
    const pod = await startPod(kubelet, plan, place);
    await stopPod(kubelet, pod, 1);
    await kubelet.invoke('PullImage', { image: { image: '127.0.0.1:1/none:1' } });
    await kubelet.invoke('ContainerStatus', { container_id: 'nobody' });
    kubelet.close();
    return calls;
  };
  const { direct, through, seen } = await bothWays(t, runtimes(t, { without: ['RuntimeConfig'] }), play);
  assert.deepEqual(through.map(textOf), direct.map(textOf));
  assert.ok(through.length > 20);

  const calls = await seen.until(through.length);
  assert.equal(calls.length, through.length);
  // The two connections of a kubelet are two orders; on each one a kubelet's records are in the order of the wire.
  const byService = (service: string) => (text: string) => text.includes(`.${service}/`);
  for (const service of ['RuntimeService', 'ImageService']) {
    const told = through.map(textOf).filter(byService(service));
    assert.deepEqual(calls.map(seenText).filter(byService(service)), told);
  }
  for (const call of calls) isOurs(call);
  const podOf = (rpc: string) => calls.find((call) => call.rpc === rpc)?.facts.pod;
  for (const rpc of ['RunPodSandbox', 'PodSandboxStatus', 'CreateContainer'])
    assert.deepEqual(podOf(rpc), { namespace: 'default', name: 'web-0', uid: 'uid-0', attempt: 0 }, rpc);
  assert.deepEqual(
    calls.filter(({ rpc }) => rpc === 'CreateContainer').map(({ facts }) => facts.containerName),
    ['web', 'sidecar'],
  );
});

test('unknown services, unknown methods and refusals have the same texts', async (t) => {
  const options: Partial<RuntimeOptions> = {
    versions: ['v1'],
    without: ['StreamImages'],
    fault: ({ method }) => (method === 'Status' ? { end: failed(13, 'broken\nlïne %41') } : null),
  };
  const play = async (socket: string) => {
    const call = grpcClient(t, socket);
    const none = Buffer.alloc(0);
    return [
      await call('/runtime.v1alpha2.RuntimeService/Version', none),
      await call('/runtime.v1.ImageService/StreamImages', none),
      await call('/containerd.services.version.v1.Version/Version', none),
      await call('/no/such/path', none),
      await call(...request('Status')),
      await call(...request('CheckpointContainer')),
      await call(...request('ListMetricDescriptors')),
    ].map(brief);
  };
  const { direct, through, seen } = await bothWays(t, runtimes(t, options), play);
  assert.deepEqual(through, direct);
  const calls = await seen.until(through.length);
  assert.deepEqual(
    calls.map((call) => `${call.result.status} ${call.result.statusMessage}`),
    through.map(({ code, details }) => `${code} ${details}`),
  );
  assert.equal(calls[0]?.result.statusMessage, 'unknown service runtime.v1alpha2.RuntimeService');
  assert.equal(
    calls[1]?.result.statusMessage,
    'unknown method StreamImages for service runtime.v1.ImageService',
  );
});

test('container events stream in the same order, message by message', async (t) => {
  const play = async (socket: string) => {
    const call = grpcClient(t, socket);
    let events = 0;
    const stream = grpcClient(t, socket)(...request('GetContainerEvents'), {
      cancelAfter: 8,
      onMessage: () => {
        events += 1;
      },
    });
    const created: string[] = [];
    const sandbox = await call(
      ...request('RunPodSandbox', { config: { metadata: { name: 'p', uid: 'u' } } }),
    );
    const id = codecs.get('RunPodSandbox')?.decodeResponse(sandbox.messages[0] ?? Buffer.alloc(0));
    for (let round = 0; round < 2; round++) {
      const reply = await call(
        ...request('CreateContainer', {
          pod_sandbox_id: id?.pod_sandbox_id,
          config: { metadata: { name: `c${round}` }, image: { image } },
        }),
      );
      const message = reply.messages[0] ?? Buffer.alloc(0);
      const container = { container_id: codecs.get('CreateContainer')?.decodeResponse(message).container_id };
      created.push(String(container.container_id));
      for (const method of ['StartContainer', 'StopContainer', 'RemoveContainer']) {
        // An event is on its way before the reply of what caused it.
        await call(...request(method, container));
      }
      await until(() => events === 4 * (round + 1), 'events');
    }
    return brief(await stream);
  };
  const { direct, through, seen } = await bothWays(t, runtimes(t), play);
  assert.deepEqual(through, direct);
  assert.equal(through.code, 'CANCELLED');
  assert.equal(through.messages.length, 8);
  const stream = (await seen.until(10)).find(({ rpc }) => rpc === 'GetContainerEvents');
  assert.equal(stream?.result.outcome, 'reset');
  assert.deepEqual(stream.result.reset, { by: 'client', code: 'CANCEL' });
  assert.equal(stream.result.response.messages, 8);
});

test('a deadline passes and a call is cancelled, with the same end for the client', async (t) => {
  const play = async (socket: string) => {
    const call = grpcClient(t, socket);
    return [
      // The connection is there before the deadline begins.
      await call(...request('Version')),
      await call(...request('Status'), { timeoutMs: 300 }),
      await call(...request('StreamContainers'), { cancelAfter: 3 }),
    ].map(({ code, messages }) => ({ code, messages: messages.length }));
  };
  const options: Partial<RuntimeOptions> = {
    fault: ({ method }) => (method === 'Status' ? { delayMs: 60_000 } : null),
  };
  const full = async () => {
    const runtime = await aRuntime(t, options);
    populate(runtime.state, 50, { clock: systemClock(), seed: 3, image, annotationBytes: 20_000 });
    return runtime.socket;
  };
  const { direct, through, seen } = await bothWays(t, full, play);
  assert.deepEqual(through, direct);
  assert.deepEqual(
    through.map(({ code }) => code),
    ['OK', 'DEADLINE_EXCEEDED', 'CANCELLED'],
  );
  const calls = await seen.until(3);
  const late = calls.find(({ rpc }) => rpc === 'Status');
  assert.equal(late?.result.outcome, 'reset');
  assert.deepEqual(late.result.reset, { by: 'client', code: 'CANCEL' });
  assert.ok(late.timeoutNs !== null && late.timeoutNs <= 300_000_000n);
});

test('a list reply of 20 MB comes through whole, and is counted to the byte', async (t) => {
  const full = async () => {
    const runtime = await aRuntime(t, { clock: createManualClock() });
    populate(runtime.state, 1_000, { clock: createManualClock(), seed: 3, image, annotationBytes: 20_000 });
    return runtime.socket;
  };
  const play = async (socket: string) => {
    const call = grpcClient(t, socket);
    return brief(await call(...request('ListPodSandbox')));
  };
  const { direct, through, seen } = await bothWays(t, full, play);
  assert.deepEqual(through, direct);
  const [call] = await seen.until(1);
  const size = Number(through.messages[0]?.split(' ')[0]);
  assert.ok(size > 20_000_000);
  assert.equal(call?.result.response.bytes, size);
  assert.equal(call.facts.items, 1_000);
});

test('gzip in both directions', async (t) => {
  const play = async (socket: string) => {
    const call = grpcClient(t, socket, { 'grpc.default_compression_algorithm': 2 });
    const metadata = { name: 'zipped', namespace: 'n', uid: 'u' };
    const annotations = { filler: 'x'.repeat(10_000) };
    return [
      await call(...request('RunPodSandbox', { config: { metadata, annotations } })),
      await call(...request('ListPodSandbox')),
    ].map(brief);
  };
  const { direct, through, seen } = await bothWays(t, runtimes(t, { gzipReplies: true }), play);
  assert.deepEqual(through, direct);
  const [run, list] = await seen.until(2);
  assert.equal(run?.facts.pod?.name, 'zipped');
  assert.ok(run.result.request.bytes > 0 && run.result.request.bytes < 1_000, 'counted as on the wire');
  assert.equal(list?.facts.items, 1);
});

test('metadata and trailers pass as they are, binary ones too', async (t) => {
  const path = '/runtime.v1.RuntimeService/Version';
  const details = Buffer.from([0, 255, 1, 254, 10, 13]);
  const server = () =>
    grpcServer(t, {
      [path]: (call) => {
        const headers = new Metadata();
        for (const key of ['x-text', 'x-many', 'x-blob-bin'])
          for (const value of call.metadata.get(key))
            headers.add(`${key === 'x-blob-bin' ? 'back-bin' : `back-${key}`}`, value);
        call.sendMetadata(headers);
        call.write(call.request);
        const trailers = new Metadata();
        trailers.set('trailing', 'ünïcode'.normalize('NFD').replace(/[^\x20-\x7e]/g, '?'));
        trailers.set('grpc-status-details-bin', details);
        call.emit('error', { code: status.ABORTED, details: 'because: 100 % «so»', metadata: trailers });
      },
    });
  const play = async (socket: string) => {
    const metadata = new Metadata();
    metadata.set('x-text', 'plain');
    metadata.add('x-many', 'one');
    metadata.add('x-many', 'two');
    metadata.set('x-blob-bin', Buffer.from([0, 1, 2, 255]));
    metadata.set('traceparent', `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`);
    return brief(await grpcClient(t, socket)(path, Buffer.from('0a05302e312e30', 'hex'), { metadata }));
  };
  const { direct, through, seen } = await bothWays(t, server, play);
  assert.deepEqual(through, direct);
  assert.deepEqual(
    through.headers.filter((pair) => pair.startsWith('back')),
    ['back-bin=000102ff', 'back-x-many=one, two', 'back-x-text=plain'],
  );
  assert.ok(through.trailers.includes(`grpc-status-details-bin=${details.toString('hex')}`));
  const [call] = await seen.until(1);
  assert.equal(call?.traceparent, `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`);
  assert.equal(call.result.statusMessage, 'because: 100 % «so»');
});

test('200 connections at once', async (t) => {
  const play = async (socket: string) => {
    const clients = Array.from({ length: 200 }, () => grpcClient(t, socket));
    return (await Promise.all(clients.map((call) => call(...request('Version', { version: '0.1.0' }))))).map(
      brief,
    );
  };
  const { direct, through, seen } = await bothWays(t, runtimes(t), play);
  assert.deepEqual(through, direct);
  const calls = await seen.until(200);
  assert.equal(calls.length, 200);
  assert.equal(new Set(calls.map(({ connection }) => connection)).size, 200);
  for (const call of calls) {
    isOurs(call);
    assert.equal(`${call.method} ${call.result.status}`, 'runtime.v1.RuntimeService/Version OK');
  }
});

test('a client that closes its half still has its answer', async (t) => {
  const answer = concat(
    frame(4, 0, 0),
    frame(1, 4, 1, concat(literal(':status', '200'), literal('content-type', 'application/grpc'))),
    frame(0, 0, 1, Buffer.from('0000000000', 'hex')),
    frame(1, 5, 1, concat(literal('grpc-status', '0'), literal('grpc-message', ''))),
  );
  const question = concat(
    clientPreface,
    frame(4, 0, 0),
    frame(
      1,
      4,
      1,
      concat(
        literal(':method', 'POST'),
        literal(':path', request('StartContainer')[0]),
        literal('content-type', 'application/grpc'),
      ),
    ),
    frame(0, 1, 1, Buffer.from('00000000050a03616263', 'hex')),
  );
  /** Answers only when it has read the end of what the client sends. */
  const patient = async () => {
    const socket = join(await temporaryFolder(t), 'r.sock');
    const server = createServer({ allowHalfOpen: true }, (peer) => {
      peer.on('error', () => undefined);
      peer.resume();
      peer.on('end', () => peer.end(answer));
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    t.after(() => server.close());
    return socket;
  };
  const play = async (socket: string): Promise<string> => {
    const peer = connect({ path: socket, allowHalfOpen: true });
    peer.end(question);
    const pieces: Buffer[] = [];
    for await (const piece of peer) pieces.push(piece);
    return Buffer.concat(pieces).toString('hex');
  };
  const { direct, through, seen } = await bothWays(t, patient, play);
  assert.equal(direct, Buffer.from(answer).toString('hex'));
  assert.equal(through, direct);
  const [call] = await seen.until(1);
  assert.equal(`${call?.method} ${call?.result.status}`, 'runtime.v1.RuntimeService/StartContainer OK');
  assert.equal(call?.facts.containerId, 'abc');
});
