import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { critraceCommand, exited } from '../../cli/critrace.ts';
import { until } from '../../support/until.ts';

/** A runtime that says back what it hears, and the arguments to watch it. */
const stage = async (t: TestContext): Promise<{ listen: string; args: string[] }> => {
  const folder = mkdtempSync(join(tmpdir(), 'critrace-stalled-'));
  const runtime = join(folder, 'runtime.sock');
  const listen = join(folder, 'cri.sock');
  const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(runtime);
  await once(server, 'listening');
  t.after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  return { listen, args: ['-r', runtime, '--listen', listen] };
};

const callsPass = async (listen: string, count: number, before: () => void = () => undefined) => {
  for (let call = 0; call < count; call++) {
    before();
    const socket = connect(listen);
    socket.end('GET / HTTP/1.1\r\n\r\n');
    let echoed = '';
    const stuck = AbortSignal.timeout(10_000);
    stuck.addEventListener('abort', () => socket.destroy(new Error(`call ${call} is held up`)));
    for await (const chunk of socket) echoed += String(chunk);
    assert.equal(echoed, 'GET / HTTP/1.1\r\n\r\n');
  }
};

test('a terminal that takes nothing (Ctrl-S) holds up neither calls nor the end', async (t) => {
  const { listen, args } = await stage(t);
  const command = critraceCommand(['observe', ...args, '-o', 'json']).join(' ');
  // script(1) gives the program a terminal, and hands on no more than is read here: nothing.
  const child = spawn('script', ['-qec', `echo $$; exec ${command}`, '/dev/null'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  t.after(() => child.kill('SIGKILL'));
  const [first] = await once(child.stdout, 'data');
  const pid = Number.parseInt(String(first), 10);
  child.stdout.pause();
  await until(() => existsSync(listen), 'it listens');
  await callsPass(listen, 600);
  process.kill(pid, 'SIGTERM');
  await until(() => !existsSync(`/proc/${pid}`) || !existsSync(listen), 'its end');
  child.stdout.resume();
  assert.equal(await exited(child), 143);
});

test('a log that nobody reads holds up neither calls nor the end', async (t) => {
  const { listen, args } = await stage(t);
  const [program, ...rest] = critraceCommand(['agent', ...args]);
  const child = spawn(program, rest, {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  t.after(() => child.kill('SIGKILL'));
  await until(() => existsSync(listen), 'it listens');
  await callsPass(listen, 400, () => child.kill('SIGUSR2'));
  child.kill('SIGTERM');
  assert.equal(await exited(child), 0);
});
