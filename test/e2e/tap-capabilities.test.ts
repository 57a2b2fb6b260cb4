import assert from 'node:assert/strict';
import { type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { critraceCommand } from '../cli/critrace.ts';
import { until } from '../support/until.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'critrace-capabilities-'));
const runtime = join(folder, 'runtime.sock');
const server = createServer((socket) => socket.on('error', () => undefined).resume());
before(async () => {
  server.listen(runtime);
  await once(server, 'listening');
});
after(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** The program as root with some capabilities only. */
const having = (capabilities: string, args: readonly string[]): [string, string[], SpawnOptions] => [
  'setpriv',
  ['--bounding-set', capabilities, '--inh-caps=-all', '--', ...critraceCommand([...args, '-r', runtime])],
  {
    cwd: project,
    env: { PATH: process.env.PATH, HOME: '/nonexistent' },
    timeout: 60_000,
    killSignal: 'SIGKILL',
  },
];

describe('where the kernel does not let the tap in, critrace ends with 3, says what is missing, and names the proxy', () => {
  const agent = [
    'agent',
    '--store-dir',
    join(folder, 'store'),
    '--metrics-exporter',
    'none',
    '--page-listen',
    'off',
  ];
  const record = ['record', '-o', join(folder, 'never.jsonl.gz')];
  const cases: readonly [capabilities: string, args: readonly string[], missing: string][] = [
    ['-bpf,-sys_admin', agent, 'CAP_BPF'],
    ['-perfmon,-sys_admin', agent, 'CAP_PERFMON'],
    ['-all', agent, 'CAP_BPF and CAP_PERFMON'],
    ['-all,+bpf', ['observe'], 'CAP_PERFMON'],
    ['-all,+perfmon', record, 'CAP_BPF'],
  ];
  const proxy =
    'use the proxy, and point callers at its socket: --source proxy --listen /run/critrace/runtime.sock';
  for (const [capabilities, args, missing] of cases) {
    it(`critrace ${args[0]} with ${capabilities}`, () => {
      const { status, stdout, stderr } = spawnSync(...having(capabilities, args));
      const refused =
        'error: the tap cannot work here: BPF program copy is refused: Operation not permitted; ' +
        `missing: ${missing}; it takes root, or CAP_BPF and CAP_PERFMON`;
      assert.deepEqual(
        String(stderr)
          .trimEnd()
          .split('\n')
          .filter((line) => !line.startsWith('{')),
        [refused, proxy],
      );
      assert.equal(status, 3);
      assert.equal(String(stdout), '');
    });
  }
});

describe('critrace with CAP_BPF and CAP_PERFMON alone', () => {
  const child = spawn(...having('-all,+bpf,+perfmon', ['observe', '-o', 'json', '--source', 'tap']));
  after(() => child.kill('SIGKILL'));
  const said: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream]?.on('data', (bytes: Buffer) => {
      said[stream] += String(bytes);
    });

  it('says of nothing that it is not seen for want of a capability, and sees who connects', async () => {
    await until(
      () => /watching .* in the kernel/.test(said.stderr),
      () => said.stderr,
    );
    assert.doesNotMatch(said.stderr, /missing|not permitted/i);
    const caller = connect(runtime);
    caller.end('this is no HTTP/2');
    await until(
      () => said.stdout.includes('"finding":"not_http2"'),
      () => `${said.stdout} ${said.stderr}`,
    );
    assert.match(said.stdout, new RegExp(`"pid":${process.pid}[,}]`));
    child.kill('SIGTERM');
    const [code] = await once(child, 'close');
    assert.equal(code, 143);
  });
});
