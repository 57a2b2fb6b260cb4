import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createRuntime } from '../../../src/demo/runtime.ts';
import { systemClock } from '../../../src/foundation/clock.ts';
import type { ClientName } from '../../support/cri-clients.ts';
import { critraceProcess } from '../../support/critrace-process.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { negotiationsOf } from './found.ts';

const client = fileURLToPath(new URL('./client.ts', import.meta.url));

test('processes of several releases, one after the other, recorded at the proxy and replayed', async (t) => {
  const folder = await temporaryFolder(t);
  const [runtimePath, socket, file] = ['runtime.sock', 'proxy.sock', 'node.jsonl.gz'].map((name) =>
    join(folder, name),
  );
  assert.ok(runtimePath !== undefined && socket !== undefined && file !== undefined);
  const record = critraceProcess(t, [
    ...['record', '-o', file, '--source', 'proxy', '-r', runtimePath, '--listen', socket],
  ]);
  const pids: number[] = [];
  const run = async (name: ClientName): Promise<void> => {
    const process = spawn(globalThis.process.execPath, ['--import', 'tsx', client, socket, name], {
      stdio: 'inherit',
    });
    pids.push(process.pid ?? 0);
    const [code] = await once(process, 'close');
    assert.equal(code, 0, name);
  };
  const serve = async (versions: readonly ('v1' | 'v1alpha2')[]) => {
    const runtime = createRuntime({ clock: systemClock(), pace: 0, versions });
    await runtime.listen(runtimePath);
    return runtime;
  };
  const old = await serve(['v1alpha2']);
  await record.says(/proxy/);
  await run('kubelet 1.27+');
  await run('kubelet 1.27+');
  await run('kubelet 1.23-1.25');
  await run('crictl -1.23');
  await old.close();
  const young = await serve(['v1']);
  t.after(() => young.close());
  await run('kubelet 1.27+');
  await run('crictl 1.26+');
  await record.end('SIGINT');

  const named = (text: string): string => text.replace(/^\d+/, (pid) => `#${pids.indexOf(Number(pid)) + 1}`);
  assert.deepEqual((await negotiationsOf(file)).map(named), [
    '#1 RuntimeService: gave_up (gave_up, 1 in a row)',
    '#2 RuntimeService: gave_up (gave_up, 2 in a row)',
    '#3 RuntimeService: fell_back_to_v1alpha2 (restarted_recovered, 1 in a row)',
    '#3 ImageService: fell_back_to_v1alpha2 (fell_back, 1 in a row)',
    '#4 RuntimeService: v1alpha2 (first, 1 in a row)',
    '#5 RuntimeService: v1 (upgraded_v1alpha2_to_v1, 1 in a row)',
    '#5 ImageService: v1 (upgraded_v1alpha2_to_v1, 1 in a row)',
    '#6 RuntimeService: v1 (upgraded_v1alpha2_to_v1, 1 in a row)',
  ]);
});
