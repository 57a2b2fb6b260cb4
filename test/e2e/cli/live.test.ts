import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { critrace, exited, says, startCritrace } from '../../cli/critrace.ts';

let folder = '';
let runtime = '';
let server: Server;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'critrace-live-'));
  runtime = join(folder, 'runtime.sock');
  // A runtime of few words: it says back what it hears.
  server = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  server.listen(runtime);
  await once(server, 'listening');
});
after(async () => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** What goes through the socket and comes back. */
const through = async (listen: string, text: string): Promise<string> => {
  const socket = connect(listen);
  socket.end(text);
  let echoed = '';
  for await (const chunk of socket) echoed += String(chunk);
  return echoed;
};

describe('a live source', () => {
  it('agent: JSON log with readiness, counters on SIGUSR2 and SIGUSR1, 0 on SIGTERM, socket gone', async () => {
    const listen = join(folder, 'agent.sock');
    const child = startCritrace([
      'agent',
      '-r',
      runtime,
      '--listen',
      listen,
      '--store-dir',
      join(folder, 'store'),
    ]);
    let log = '';
    child.stderr?.on('data', (text) => {
      log += text;
    });
    await says(child.stderr, /"msg":"ready"/);
    assert.equal(await through(listen, 'hello'), 'hello');
    for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) {
      child.kill(signal);
      await says(child.stderr, /"msg":"health"/);
    }
    child.kill('SIGTERM');
    assert.equal(await exited(child), 0);
    const entries = log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const last = entries.at(-1);
    assert.equal(last.msg, 'health');
    assert.equal(last.health.proxy.connections, 1);
    assert.equal(last.health.proxy.requestBytes, 5);
    assert.ok(!existsSync(listen));
    assert.ok(!log.includes('Debugger'));
  });
  it('observe: a connection that is not HTTP/2 is a finding on stdout; 130 on SIGINT', async () => {
    const listen = join(folder, 'observe.sock');
    const child = startCritrace(['observe', '-r', runtime, '--listen', listen, '-o', 'json']);
    await says(child.stderr, /listening on/);
    const said = says(child.stdout, /\n/);
    await through(listen, 'GET / HTTP/1.1\r\n\r\n');
    assert.equal(JSON.parse(await said).finding, 'not_http2');
    child.kill('SIGINT');
    assert.equal(await exited(child), 130);
  });
  it('record: what it writes is private and can be replayed; no file is written over', async () => {
    const listen = join(folder, 'record.sock');
    const file = join(folder, 'r.jsonl.gz');
    const args = ['record', '-r', runtime, '--listen', listen, '-o', file];
    const child = startCritrace(args);
    await says(child.stderr, /recording to/);
    await through(listen, 'GET / HTTP/1.1\r\n\r\n');
    child.kill('SIGTERM');
    assert.equal(await exited(child), 143);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const { stdout } = await critrace(['replay', file, '-o', 'json']);
    assert.equal(JSON.parse(stdout).finding, 'not_http2');
    const before = readFileSync(file);
    const again = await critrace(args);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /--force/);
    assert.deepEqual(readFileSync(file), before);
  });
  it('that cannot listen ends with 3 and says what to do', async () => {
    const { code, stderr } = await critrace([
      'observe',
      '-r',
      runtime,
      '--listen',
      join(process.cwd(), 'package.json'),
    ]);
    assert.equal(code, 3);
    assert.match(stderr, /package\.json is not a socket[\s\S]*--listen/);
  });
});
