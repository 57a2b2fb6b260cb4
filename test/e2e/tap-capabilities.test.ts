import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { critraceCommand } from '../cli/critrace.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'critrace-capabilities-'));
const runtime = join(folder, 'runtime.sock');
const server = createServer((socket) => socket.destroy());
before(async () => {
  server.listen(runtime);
  await once(server, 'listening');
});
after(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** The program as root without some capabilities. */
const without = (capabilities: string, args: readonly string[]) =>
  spawnSync(
    'setpriv',
    ['--bounding-set', capabilities, '--inh-caps=-all', '--', ...critraceCommand([...args, '-r', runtime])],
    {
      cwd: project,
      env: { PATH: process.env.PATH, HOME: '/nonexistent' },
      encoding: 'utf8',
      timeout: 30_000,
      killSignal: 'SIGKILL',
    },
  );

describe('where the kernel does not let the tap in, critrace ends with 3, says what is missing, and names the proxy', () => {
  const cases: readonly [capabilities: string, args: readonly string[], missing: string][] = [
    ['-bpf,-sys_admin', ['agent'], 'CAP_BPF'],
    ['-perfmon,-sys_admin', ['observe'], 'CAP_PERFMON'],
    ['-all', ['record', '-o', join(folder, 'never.jsonl.gz')], 'CAP_BPF and CAP_PERFMON'],
  ];
  for (const [capabilities, args, missing] of cases) {
    it(`critrace ${args[0]} with ${capabilities}`, () => {
      const { status, stdout, stderr } = without(capabilities, args);
      assert.match(
        stderr,
        new RegExp(`the tap cannot work here: BPF .*; ${missing} is missing.*\n.*--source proxy --listen`),
      );
      assert.equal(status, 3);
      assert.equal(stdout, '');
    });
  }
});
