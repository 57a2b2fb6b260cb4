import assert from 'node:assert/strict';
import test from 'node:test';
import { kernelsTried } from '../../src/doctor/kernels.ts';
import { clockOffset, describeMachine, parseCapabilities, parseLockdown } from '../../src/doctor/machine.ts';
import { systemClock } from '../../src/foundation/clock.ts';

test('capabilities are the bits of CapEff', () => {
  assert.deepEqual(parseCapabilities('Name:\tx\nCapEff:\t000000c000000000\n'), {
    CAP_BPF: true,
    CAP_PERFMON: true,
    CAP_SYS_ADMIN: false,
    CAP_SYS_PTRACE: false,
    CAP_DAC_OVERRIDE: false,
    CAP_CHOWN: false,
  });
  assert.equal(parseCapabilities('Name:\tx\n'), null);
});

test('the lockdown mode is the word in brackets', () => {
  assert.equal(parseLockdown('none [integrity] confidentiality\n'), 'integrity');
  assert.equal(parseLockdown(''), null);
});

test('this machine can be described', () => {
  const machine = describeMachine();
  assert.match(machine.kernel, /^\d+\.\d+/);
  assert.equal(machine.uid, process.getuid?.());
});

test('the offset joins both clocks', () => {
  const clock = systemClock();
  const { offset, uncertainty } = clockOffset(clock);
  assert.ok(uncertainty >= 0n);
  const error = clock.now() - clock.monotonic() - offset;
  assert.ok(error < 1_000_000_000n && error > -1_000_000_000n, `${error} ns`);
});

test('this machine’s kernel is told as run here and not again', () => {
  for (const release of ['6.1.0-28-cloud-amd64', '6.12.5', '6.18.44-fc']) {
    const rows = kernelsTried(release, false, 'no BTF');
    assert.deepEqual(rows[0], {
      kernel: release,
      where: 'this machine',
      tried: 'run here',
      result: 'no BTF',
    });
    const line = release.split('.').slice(0, 2).join('.');
    assert.equal(rows.filter(({ kernel }) => kernel === line).length, 0, line);
  }
  assert.ok(kernelsTried('6.1.0', true, null).some(({ kernel }) => kernel === '6.18'));
  assert.ok(
    kernelsTried('6.18.1', true, null).some(
      ({ kernel, tried }) => kernel === '6.1' && tried === 'run elsewhere',
    ),
  );
});
