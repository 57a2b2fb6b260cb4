import assert from 'node:assert/strict';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { critrace } from '../../cli/critrace.ts';
import { critraceProcess } from '../../support/critrace-process.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { until } from '../../support/until.ts';

const capture = 'test/fixtures/captures/kubelet-1.37-containerd-2.4.jsonl.gz';

const out = async (args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await critrace([...args]);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  return stdout;
};

const json = (stdout: string): Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line));

let otlp = '';
before(async () => {
  otlp = await out(['replay', capture, '-o', 'otlp']);
});

const aStore = async (test: Parameters<typeof temporaryFolder>[0]): Promise<string> => {
  const folder = join(await temporaryFolder(test), 'store');
  await mkdir(folder);
  const lines = otlp.split('\n');
  const half = lines.length >> 1;
  await writeFile(
    join(folder, 'traces-20261124T031105.123456789Z.jsonl'),
    `${lines.slice(0, half).join('\n')}\n`,
  );
  await writeFile(join(folder, 'traces.jsonl'), lines.slice(half).join('\n'));
  return folder;
};

describe('commands on stored spans', { concurrency: 2 }, () => {
  it('a store and the capture that it was made of give the same numbers', async (test) => {
    const folder = await aStore(test);
    const ofCapture = await out(['stats', capture, '-o', 'json']);
    const ofStore = await out(['stats', folder, '-o', 'json']);
    assert.deepEqual(
      { ...JSON.parse(ofStore), connections: [] },
      { ...JSON.parse(ofCapture), connections: [] },
    );
    const { phases }: { phases: { operation: string; phase: string }[] } = JSON.parse(ofStore);
    assert.ok(phases.some(({ operation, phase }) => operation === 'pod_start' && phase === 'sandbox'));
  });

  it('traces of a pod are listed, and the one with its start is shown with where the time went', async (test) => {
    const folder = await aStore(test);
    const listed = json(
      await out(['traces', folder, '--pod', 'default/web-*', '-o', 'json', '--last', '500']),
    );
    const start = listed.find(({ name }) => name === 'pod_start');
    assert.ok(start !== undefined);
    // A round over all pods has calls of this one, too.
    assert.ok(listed.every(({ pod, of }) => pod === start.pod || of === 'round'));
    const shown = await out(['trace', '--pod', 'default/web-*', '--from', folder]);
    assert.match(shown, new RegExp(`trace ${start.trace_id}`));
    assert.match(shown, /RunPodSandbox +█.*OK/);
    assert.match(shown, /where the time went {2}sandbox \(with the network\) 1\.71s \(64 %\)/);
    const byId = await out(['trace', String(start.trace_id).slice(0, 8), '--from', folder]);
    assert.equal(byId, shown);
    const spans = json(await out(['trace', String(start.trace_id), '--from', folder, '-o', 'json']));
    assert.ok(spans.length >= 12 && spans.every(({ trace_id: id }) => id === start.trace_id));
    assert.equal(spans[0]?.start, start.start);
  });

  it('a capture answers the same as its store', async (test) => {
    const folder = await aStore(test);
    for (const args of [['traces'], ['traces', '--sort', 'duration'], ['tail', '--not', '--status', 'OK']]) {
      const [name = '', ...rest] = args;
      assert.equal(await out([name, capture, ...rest]), await out([name, folder, ...rest]), args.join(' '));
    }
    assert.equal(
      await out(['trace', '--slowest', '--from', capture]),
      await out(['trace', '--slowest', '--from', folder]),
    );
  });

  it('tail follows a store that is written to', async (test) => {
    const folder = await aStore(test);
    const file = join(folder, 'traces.jsonl');
    const text = await readFile(file, 'utf8');
    const lines = text.trimEnd().split('\n');
    await writeFile(file, '');
    const tail = critraceProcess(test, ['tail', folder, '-f', '-o', 'json', '--last', '1']);
    const count = (): number => tail.stdout().toString().split('\n').length - 1;
    await until(
      () => count() === 1,
      () => `the last line: ${tail.stderr()}`,
      20_000,
    );
    await appendFile(file, `${lines.slice(0, 2).join('\n')}\n`);
    await until(
      () => count() > 1,
      () => 'what was added',
      20_000,
    );
    assert.equal(await tail.end('SIGINT'), 130);
    for (const line of json(tail.stdout().toString()))
      assert.ok(line.kind === 'call' || line.kind === 'span');
  });

  it('what cannot be answered says what to do', async (test) => {
    const folder = await temporaryFolder(test);
    const none = await critrace(['trace', 'abcdef', '--from', folder]);
    assert.equal(none.code, 1);
    assert.match(none.stderr, /holds no such trace; critrace traces lists/);
    const nowhere = await critrace(['traces']);
    assert.equal(nowhere.code, 2);
    assert.match(
      nowhere.stderr,
      /neither a path is given nor store-dir is configured; example: critrace traces/,
    );
    const missing = await critrace(['tail', join(folder, 'none')]);
    assert.equal(missing.code, 2);
    assert.match(missing.stderr, /is not there; allowed/);
    const wrong = await critrace(['trace', 'xyz']);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /allowed: 6 to 32 hexadecimal digits/);
  });

  it('damage is said, and the rest is read', async (test) => {
    const folder = await temporaryFolder(test);
    await writeFile(join(folder, 'traces.jsonl'), `${otlp.slice(0, 300)}\n${otlp}`);
    const { code, stdout, stderr } = await critrace(['traces', folder, '-o', 'json']);
    assert.equal(code, 0);
    assert.equal(json(stdout).length, 20);
    assert.match(stderr, /1 lines could not be read/);
  });
});
