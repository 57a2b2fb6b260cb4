import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { critraceCommand } from '../cli/critrace.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** The program as root without some capabilities. Nobody listens on the socket: where the tap works, it waits. */
const without = (capabilities: string, args: readonly string[]) =>
  spawnSync(
    'setpriv',
    [
      '--bounding-set',
      capabilities,
      '--inh-caps=-all',
      '--',
      ...critraceCommand([...args, '-r', '/tmp/never.sock']),
    ],
    {
      cwd: project,
      env: { PATH: process.env.PATH, HOME: '/nonexistent' },
      encoding: 'utf8',
      timeout: 30_000,
      killSignal: 'SIGKILL',
    },
  );

describe('where the kernel does not let the tap in, critrace ends with 3, says what is missing, and names the proxy', () => {
  const cases: readonly [capabilities: string, args: readonly string[]][] = [
    ['-bpf,-sys_admin', ['agent']],
    ['-perfmon,-sys_admin', ['observe']],
    ['-all', ['record', '-o', '/tmp/never.jsonl.gz', '--force']],
  ];
  for (const [capabilities, args] of cases) {
    it(`critrace ${args[0]} with ${capabilities}`, () => {
      const { status, stdout, stderr } = without(capabilities, args);
      assert.match(stderr, /the tap cannot work here: BPF .*CAP_BPF.*--source proxy/s);
      assert.equal(status, 3);
      assert.equal(stdout, '');
    });
  }
});
