import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { familyRuntime } from '../source/tap/family-stage.ts';
import { critraceProcess } from '../support/critrace-process.ts';
import { temporaryFolder } from '../support/folder.ts';
import { until } from '../support/until.ts';

const processes = 10_000;

/** As many children as that, fifty at a time. */
const storm = `exec python3 -c "
import os
for i in range(${processes}):
    os.posix_spawn('/bin/true', ['/bin/true', 'storm'], {})
    if i % 50 == 49:
        for _ in range(50): os.wait()
"`;

/** The most that the process ever had. */
const peakMebibytes = (pid: number | undefined): number =>
  Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

test('an agent through which 10,000 short processes of a runtime go: all are accounted for, in bounded memory', async (t) => {
  const folder = await temporaryFolder(t);
  const runtime = await familyRuntime(t, join(folder, 'r.sock'));
  const rest = ['--page-listen', 'off', '--metrics-exporter', 'none', '--store-dir', join(folder, 'store')];
  const agent = critraceProcess(t, [
    ...['agent', '-r', join(folder, 'r.sock'), '--source', 'tap', '--kernel-events', 'process'],
    ...rest,
  ]);
  await agent.says(/watching .* in the kernel/);
  await runtime.run('true');
  const before = peakMebibytes(agent.child.pid);
  const { code, output } = await runtime.run(storm);
  assert.equal(code, 0, output);

  const counters = async (): Promise<Record<string, number>> => {
    const said = agent.stderr().length;
    agent.child.kill('SIGUSR2');
    await until(() => /"health":.*\n/.test(agent.stderr().slice(said)), 'the counters');
    const [line = '{}'] =
      agent
        .stderr()
        .match(/.*"health":.*/g)
        ?.slice(-1) ?? [];
    const { tap, pipeline } = JSON.parse(line).health;
    return { ...tap, ...pipeline.kernel };
  };
  let told = await counters();
  const accounted = (): number => (told.kernelEvents ?? 0) + (told.lostKernelEvents ?? 0);
  for (let look = 0; look < 500 && accounted() < 3 * processes; look++) told = await counters();
  assert.ok(accounted() >= 3 * processes, `${accounted()} events`);
  assert.equal(told.unwatchedProcesses, 0);
  // Those of the storm are gone, and so is what was kept of them, but for what the latest may still be asked for.
  assert.ok((told.processesNow ?? 0) < processes / 2, `${told.processesNow} processes kept`);
  const grown = peakMebibytes(agent.child.pid) - before;
  t.diagnostic(`${told.lostKernelEvents} events lost; at most ${Math.round(grown)} MiB more than before`);
  assert.ok(grown < 100, `${grown} MiB`);
  assert.equal(await agent.end('SIGTERM'), 0);
});
