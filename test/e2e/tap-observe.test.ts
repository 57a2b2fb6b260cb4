import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { aClient, aRuntime } from '../support/a-runtime.ts';
import { critraceProcess } from '../support/critrace-process.ts';
import { grpcClient, grpcServer } from '../support/grpc.ts';
import { until } from '../support/until.ts';

/** Calls, as they are printed. */
const linesIn = (stdout: Buffer): Record<string, unknown>[] =>
  stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === 'call');

test('critrace observe, told nothing but the socket, shows the calls of who is connected and of who comes later', async (t) => {
  const { socket } = await aRuntime(t);
  const older = aClient(t, socket);
  await older('Version');
  const critrace = critraceProcess(t, ['observe', '-r', socket, '-o', 'json']);
  await critrace.says(/watching .* in the kernel/);
  // A decoder that joins late takes a few frames to be sure where they begin.
  for (let at = 0; at < 5; at += 1) await older('Version');
  const younger = aClient(t, socket);
  await younger('Version');
  await younger('ListContainers');
  const lines = () => linesIn(critrace.stdout());
  await until(
    () => lines().length >= 7,
    () => `seven calls: ${critrace.stdout().toString()} ${critrace.stderr()}`,
  );
  const of = (connection: number): unknown[] =>
    lines().flatMap((line) => (line.connection === connection ? [`${line.rpc} ${line.status}`] : []));
  // The headers with the status refer to what was said before; that a unary call was answered by a message says it.
  assert.deepEqual(of(1), Array(5).fill('Version OK'));
  assert.deepEqual(of(2), ['Version OK', 'ListContainers OK']);
  assert.equal(await critrace.end('SIGTERM'), 143);
});

test('messages of 30 MB each way are seen whole', async (t) => {
  const method = '/runtime.v1.RuntimeService/ExecSync';
  const size = 30 * 1024 * 1024;
  const socket = await grpcServer(t, {
    [method]: (call) => {
      call.write(call.request);
      call.end();
    },
  });
  const ring = ['--ring-size', '64MiB', '--kernel-events', 'none'];
  const critrace = critraceProcess(t, ['observe', '-r', socket, '--source', 'tap', '-o', 'json', ...ring]);
  await critrace.says(/watching .* in the kernel/);
  const call = grpcClient(t, socket);
  const message = randomBytes(size);
  for (let at = 0; at < 3; at++) {
    const { code, messages } = await call(method, message);
    assert.equal(code, 'OK');
    assert.ok(messages[0]?.equals(message));
  }
  await until(() => linesIn(critrace.stdout()).length >= 3, 'three calls');
  for (const {
    status,
    request_bytes,
    response_bytes,
    request_messages,
    response_messages,
    lost_bytes,
  } of linesIn(critrace.stdout()))
    assert.deepEqual(
      { status, request_bytes, response_bytes, request_messages, response_messages, lost_bytes },
      {
        status: 'OK',
        request_bytes: size,
        response_bytes: size,
        request_messages: 1,
        response_messages: 1,
        lost_bytes: 0,
      },
    );
  assert.equal(await critrace.end('SIGTERM'), 143);
});
