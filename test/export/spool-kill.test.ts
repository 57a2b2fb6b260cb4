import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { startSpool, withDirectory } from '../support/a-spool.ts';

const child = fileURLToPath(new URL('../support/spool-child.ts', import.meta.url));

test('kill -9: what was written is delivered by the next run, what was not is counted', () =>
  withDirectory(async (directory) => {
    const killed = spawn(process.execPath, ['--import', 'tsx', child, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(killed.stdout, 'data');
    const exited = once(killed, 'exit');
    killed.kill('SIGKILL');
    assert.deepEqual(await exited, [null, 'SIGKILL']);

    const next = await startSpool(directory);
    assert.equal(next.counters.recovered, 60);
    assert.equal(next.counters.lostInCrash, 6);
    await next.spool.flush();
    assert.equal(next.collector.got.length, 60);
    await next.spool.close();
  }));
