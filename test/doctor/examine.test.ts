import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { resolveConfig } from '../../src/config/resolve.ts';
import { notInitialized, type RuntimeOptions } from '../../src/demo/runtime.ts';
import { examine } from '../../src/doctor/examine.ts';
import { exitCodeOf } from '../../src/doctor/report.ts';
import { doctorJson } from '../../src/doctor/report-json.ts';
import { doctorText } from '../../src/doctor/report-text.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { loadNative } from '../../src/kernel/native.ts';
import { aClient, aRuntime } from '../support/a-runtime.ts';
import { temporaryFolder } from '../support/folder.ts';

/** What the doctor says with these flags; the proxy would listen in a folder of the test's own. */
const examined = async (t: TestContext, flags: Readonly<Record<string, string>>) => {
  const listen = join(await temporaryFolder(t), 'proxy.sock');
  const resolved = resolveConfig({ flags: { listen, ...flags }, env: {}, file: null });
  return examine({ resolved, native: loadNative(), clock: systemClock() });
};

const ofRuntime = async (t: TestContext, options: Partial<RuntimeOptions>) =>
  examined(t, { 'runtime-endpoint': (await aRuntime(t, options)).socket });

const newest = ({ choices }: Awaited<ReturnType<typeof examined>>) => choices.at(-1)?.runtime;

const runtimes: readonly [
  says: string,
  options: Partial<RuntimeOptions>,
  choices: readonly string[],
  code: number,
][] = [
  ['v1 only', { versions: ['v1'] }, ['gives_up', 'v1', 'v1', 'v1'], 0],
  ['v1alpha2 only', { versions: ['v1alpha2'] }, ['v1alpha2', 'v1alpha2', 'gives_up', 'gives_up'], 0],
  ['both', { versions: ['v1', 'v1alpha2'] }, ['v1alpha2', 'v1', 'v1', 'v1'], 0],
  ['neither', { versions: [] }, ['gives_up', 'gives_up', 'gives_up', 'gives_up'], 1],
  ['not ready', { fault: () => ({ end: notInitialized }) }, ['gives_up', 'gives_up', 'v1', 'gives_up'], 1],
];

for (const [says, options, choices, code] of runtimes)
  test(`a runtime that serves ${says}`, async (t) => {
    const report = await ofRuntime(t, options);
    assert.deepEqual(
      report.choices.map(({ runtime }) => runtime),
      choices,
    );
    assert.equal(exitCodeOf(report), code);
    assert.equal(report.endpoints[0]?.connect, 'connected');
    assert.equal(report.endpoints[0]?.server?.pid, process.pid);
    assert.equal(
      report.endpoints[0]?.runtimeName,
      choices.includes('v1alpha2') || says === 'v1 only' ? 'critrace-demo-runtime' : null,
    );
  });

test('services on two sockets: each is asked for its own', async (t) => {
  const runtime = await aRuntime(t, { versions: ['v1'], services: ['RuntimeService'] });
  const image = await aRuntime(t, { versions: ['v1alpha2'], services: ['ImageService'] });
  const report = await examined(t, { 'runtime-endpoint': runtime.socket, 'image-endpoint': image.socket });
  assert.deepEqual(
    report.choices.map((choice) => `${choice.runtime} ${choice.image}`),
    ['gives_up null', 'v1 v1alpha2', 'v1 gives_up', 'v1 gives_up'],
  );
  assert.equal(exitCodeOf(report), 0);
});

test('where nothing can be watched no source works: a socket that is absent, dead, or none', async (t) => {
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, 'file'), '');
  for (const [name, error] of [
    ['absent.sock', 'ENOENT'],
    ['file', /ENOTSOCK|ECONNREFUSED/],
  ] as const) {
    const report = await examined(t, { 'runtime-endpoint': join(folder, name) });
    assert.match(report.endpoints[0]?.connect ?? '', new RegExp(error));
    assert.deepEqual(report.choices, []);
    assert.equal(exitCodeOf(report), 3);
    assert.deepEqual(report.sees, []);
    assert.match(doctorText(report), /any call: no runtime answers/);
  }
});

test('something that was configured and does not work: 1, and it is named', async (t) => {
  const { socket } = await aRuntime(t);
  const folder = await temporaryFolder(t);
  writeFileSync(join(folder, 'file'), '');
  const failing = async (flags: Readonly<Record<string, string>>): Promise<readonly string[]> => {
    const report = await examined(t, { 'runtime-endpoint': socket, ...flags });
    const failed = report.checks.filter(({ works }) => !works);
    assert.equal(exitCodeOf(report), failed.length === 0 ? 0 : 1);
    return failed.map(({ what }) => what.split(' ')[0] ?? '');
  };
  assert.deepEqual(await failing({}), []);
  assert.deepEqual(await failing({ 'store-dir': folder }), []);
  assert.deepEqual(await failing({ 'store-dir': join(folder, 'file', 'store') }), ['store-dir']);
  // Nobody listens on port 1.
  assert.deepEqual(await failing({ 'otlp-endpoint': 'http://127.0.0.1:1' }), ['otlp-endpoint']);
  assert.deepEqual(await failing({ 'image-endpoint': join(folder, 'none.sock') }), ['image-endpoint']);
  assert.deepEqual(await failing({ source: 'proxy', listen: socket.replace('runtime', 'other') }), []);
});

test('who was connected before is told by the tap, and without it is not known', async (t) => {
  const { socket } = await aRuntime(t);
  assert.equal((await aClient(t, socket)('Version')).record.code, 'OK');
  const report = await examined(t, { 'runtime-endpoint': socket });
  const tap = report.sources.find(({ source }) => source === 'tap');
  if (tap?.works === true) {
    assert.deepEqual(
      report.connected?.map(({ endpoint, client }) => [endpoint, client.pid]),
      [[socket, process.pid]],
    );
    assert.ok(report.programs.some(({ state }) => state === 'attached'));
  } else {
    assert.equal(report.connected, null);
    assert.match(tap?.why ?? '', /\S/);
  }
  assert.equal(newest(report), 'v1');

  const resolved = resolveConfig({
    flags: { 'runtime-endpoint': socket, listen: join(await temporaryFolder(t), 'p.sock') },
    env: {},
    file: null,
  });
  const without = await examine({
    resolved,
    native: { loaded: false, why: 'no library', remedy: 'make one' },
    clock: systemClock(),
  });
  assert.equal(without.connected, null);
  assert.deepEqual(
    without.sources.map(({ source, works, why }) => [source, works, why]),
    [
      ['tap', false, 'no library; make one'],
      ['proxy', true, null],
    ],
  );
  assert.equal(exitCodeOf(without), 0);
});

test('the form for programs has no key without a value, and the one for people no secret', async (t) => {
  const report = await ofRuntime(t, {
    fault: () => ({ end: { kind: 'status', code: 13, message: 'pull https://u:hunter2@registry/x failed' } }),
  });
  const text = JSON.stringify(doctorJson(report));
  const keys = Object.entries(JSON.parse(text)).filter(([, value]) => value === undefined);
  assert.deepEqual(keys, []);
  assert.equal(JSON.parse(text).exit_code, 1);
  for (const form of [text, doctorText(report)]) assert.ok(!form.includes('hunter2'));
});
