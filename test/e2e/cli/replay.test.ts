import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { critrace, exited, says, startCritrace } from '../../cli/critrace.ts';

const small = 'test/fixtures/captures/traced-c24-crictl1.36.jsonl.gz';
const plain = gunzipSync(readFileSync(small));

interface Line {
  readonly kind: string;
  readonly rpc: string;
  readonly status: string;
  readonly start: string;
}

/** The calls among the findings: the other kinds are not of this test. */
const lines = (stdout: string): Line[] =>
  stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Line => JSON.parse(line))
    .filter(({ kind }) => kind === 'call');

const replayed = async (...args: string[]): Promise<Line[]> => {
  const { code, stdout, stderr } = await critrace(['replay', small, '-o', 'json', ...args]);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  return lines(stdout);
};

describe('replay', { concurrency: 2 }, () => {
  it('prints a JSON line per call and nothing else', async () => {
    assert.equal((await replayed()).length, 24);
  });
  it('prints OTLP lines, a CLIENT and a SERVER span per call, an INTERNAL one per negotiation', async () => {
    const { stdout } = await critrace(['replay', small, '-o', 'otlp']);
    const spans = stdout
      .trim()
      .split('\n')
      .flatMap((line) => JSON.parse(line).resourceSpans)
      .flatMap((resource) => resource.scopeSpans)
      .flatMap((scope) => scope.spans);
    const ofKind = (kind: number) => spans.filter((span) => span.kind === kind).length;
    assert.deepEqual(
      { internal: ofKind(1), server: ofKind(2), client: ofKind(3) },
      { internal: 13, server: 24, client: 24 },
    );
  });
  it('prints a line a call for a person, without colour where there is no terminal', async () => {
    const { stdout } = await critrace(['replay', small, '--method', '*']);
    assert.equal(stdout.trim().split('\n').length, 24);
    assert.ok(!stdout.includes('\x1b'));
  });
  it('filters, negates and keeps the last', async () => {
    const all = await replayed();
    const lists = await replayed('--method', 'list*', '--method', 'Version');
    assert.deepEqual(
      lists,
      all.filter(({ rpc }) => rpc.startsWith('List') || rpc === 'Version'),
    );
    assert.deepEqual(
      await replayed('--not', '--status', 'ok', '--method', '*', '--last', '2'),
      all.filter(({ status }) => status !== 'OK').slice(-2),
    );
    const since = BigInt(all[12]?.start ?? 0);
    assert.deepEqual(
      await replayed('--since', String(since)),
      all.filter(({ start }) => BigInt(start) >= since),
    );
    assert.deepEqual(await replayed('--since', '1d'), all);
  });
  it('reads standard input', async () => {
    const { code, stdout } = await critrace(['replay', '-', '-o', 'json'], { stdin: plain });
    assert.equal(code, 0);
    assert.equal(lines(stdout).length, 24);
  });
  it('takes what is there of a capture cut short, warns, and ends with 0', async () => {
    const { code, stdout, stderr } = await critrace(['replay', '-', '-o', 'json'], {
      stdin: plain.subarray(0, plain.length - 5000),
    });
    assert.equal(code, 0);
    assert.ok(lines(stdout).length > 0);
    assert.match(stderr, /^critrace: warning: standard input: it is cut short; the rest was read\n$/);
  });
  it('counts what it leaves out by reason', async () => {
    const bad = '{"t":"1","c":77,"e":"data","d":"request","b":""}\nnot json\n';
    const { code, stderr } = await critrace(['replay', '-'], {
      stdin: Buffer.concat([plain, Buffer.from(bad)]),
    });
    assert.equal(code, 0);
    assert.match(
      stderr,
      /1 line\(s\) could not be read; 1 event\(s\) came before their connection was opened/,
    );
  });
  it('refuses what has no header with 2', async () => {
    const { code, stderr, stdout } = await critrace(['replay', '-'], { stdin: '{"t":1}\n' });
    assert.equal(code, 2);
    assert.match(stderr, /header/);
    assert.equal(stdout, '');
  });
  it('ends with 0 when its reader goes away', () => {
    const big = 'test/fixtures/captures/kubelet-1.37-containerd-2.4.jsonl.gz';
    const run = `node --import tsx src/cli/main.ts replay ${big} -o json | head -n 1 >/dev/null; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', run], { timeout: 30_000 });
    assert.equal(String(stderr), '');
    assert.equal(String(stdout).trim(), '0');
  });
});

describe('stats', () => {
  it('counts each call once and ranks its durations', async () => {
    const { stdout } = await critrace(['stats', small, '-o', 'json']);
    const statistics = JSON.parse(stdout);
    assert.equal(statistics.calls, 24);
    let sum = 0;
    for (const row of statistics.methods) {
      sum += row.calls;
      assert.ok(row.p50_ms <= row.p95_ms && row.p95_ms <= row.p99_ms && row.p99_ms <= row.max_ms, row.method);
    }
    assert.equal(sum, 24);
  });
  it('is a table for a person', async () => {
    const { stdout } = await critrace(['stats', small, '--method', 'Version']);
    assert.match(stdout, /^7 calls in [\d.]+s\n\nMETHOD +CALLS/);
  });
  it('--callers: those on v1alpha2 first, with what they call', async () => {
    const old = 'test/fixtures/captures/v1alpha2-c16-crictl1.22.jsonl.gz';
    const { stdout } = await critrace(['stats', old, '--callers']);
    assert.match(stdout, /^still on the deprecated v1alpha2: crictl\n\nCALLER +RUNS IN/);
    assert.match(stdout, /\ncrictl +v1alpha2\/RunPodSandbox +2 +1 /);
    const [caller] = JSON.parse((await critrace(['stats', old, '--callers', '-o', 'json'])).stdout).callers;
    assert.equal(caller.deprecated, true);
    assert.deepEqual(caller.api_versions, { v1: 0, v1alpha2: 50, other: 0, unknown: 0 });
    const { stdout: none } = await critrace(['stats', small, '--callers', '--method', 'Version']);
    assert.match(none, /^nobody uses the deprecated v1alpha2\n/);
    assert.match(none, /\ncrictl +v1\/Version +7 +0 /);
  });
});

describe('signals', () => {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`${signal} ends a replay that waits for its input with ${code}`, async () => {
      const child = startCritrace(['replay', '-', '-o', 'json', '--pace']);
      child.stdin?.write(plain);
      await once(child.stdout ?? child, 'data');
      child.kill(signal);
      assert.equal(await exited(child), code);
    });
  }
  it('SIGUSR1 opens no inspector', async () => {
    const child = startCritrace(['replay', '-', '-o', 'json', '--pace']);
    let stderr = '';
    child.stderr?.on('data', (text) => {
      stderr += text;
    });
    child.stdin?.write(plain);
    await says(child.stdout, /\n/);
    child.kill('SIGUSR1');
    await says(child.stdout, /\n/);
    child.kill('SIGTERM');
    assert.equal(await exited(child), 143);
    assert.ok(!/debugger/i.test(stderr), stderr);
  });
});
