import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { type CliResult, critrace } from '../cli/critrace.ts';
import { temporaryFolder } from '../support/folder.ts';

const folder = fileURLToPath(new URL('../fixtures/captures/', import.meta.url));
const small = readFileSync(join(folder, 'pod-lifecycle-c16-crictl1.36.jsonl.gz'));
const lines = gunzipSync(small).toString().trimEnd().split('\n');

/** Each is a process and takes a second or so; more of the same is in test/fuzz, in one process. */
const runsOfEach = 2;

/** Reproducible: the seed is part of what a failure says. */
const randomFrom = (seed: number) => {
  let state = seed >>> 0;
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};
type Random = ReturnType<typeof randomFrom>;

const flip = (bytes: Buffer, count: number, random: Random, from = 0): Buffer => {
  const damaged = Buffer.from(bytes);
  for (let n = 0; n < count; n++) damaged[from + random(damaged.length - from)] = random(256);
  return damaged;
};

const json = (text: readonly string[]): Buffer => Buffer.from(`${text.join('\n')}\n`);

const mutateLine = (line: string, random: Random): string => {
  switch (random(6)) {
    case 0:
      return line.slice(0, random(line.length));
    case 1:
      return line.replace(/"b":"[^"]*"/, '"b":"!!!!"');
    case 2:
      return line.replace(
        /"c":\d+/,
        `"c":${['-1', '1e99', 'null', '"7"', '99999999999999999999'][random(5)]}`,
      );
    case 3:
      return line.replace(/"t":"\d+"/, `"t":${['"-5"', '0', '""', '"184467440737095516159"'][random(4)]}`);
    case 4:
      return line.replace(
        /"e":"[a-z]+"/,
        `"e":"${['gap', 'end', 'open', 'refused', '__proto__'][random(5)]}"`,
      );
    default:
      return `${line}${line}`;
  }
};

/** Kinds of damage; the header's line stays whole but in the last ones. */
const damages: Readonly<Record<string, (random: Random) => Buffer>> = {
  'cut short': (random) => small.subarray(0, 400 + random(small.length - 400)),
  'cut short, not compressed': (random) => {
    const whole = json(lines);
    const header = Buffer.byteLength(lines[0] ?? '') + 1;
    return whole.subarray(0, header + random(whole.length - header));
  },
  'compressed bytes changed': (random) => flip(small, 1 + random(20), random, 400),
  'lines changed': (random) =>
    json(lines.map((line, at) => (at > 0 && random(10) === 0 ? mutateLine(line, random) : line))),
  'lines in another order': (random) => json([lines[0] ?? '', ...lines.slice(1).sort(() => random(3) - 1)]),
  'bytes on the wire changed': (random) =>
    json(
      lines.map((line) =>
        line.replace(/"b":"([^"]+)"/, (whole, body: string) =>
          random(5) === 0
            ? `"b":"${flip(Buffer.from(body, 'base64'), 1 + random(4), random).toString('base64')}"`
            : whole,
        ),
      ),
    ),
};

const withoutHeader: Readonly<Record<string, Buffer>> = {
  empty: Buffer.alloc(0),
  'not a capture': Buffer.from('hello\nworld\n'),
  'a header of another version': json(['{"capture":2,"socket":"/x"}', ...lines.slice(1)]),
  'no header': json(lines.slice(1)),
  'half a header': Buffer.from((lines[0] ?? '').slice(0, 9)),
  'compressed, and cut in its own header': small.subarray(0, 6),
  'compressed rubbish': Buffer.concat([small.subarray(0, 10), Buffer.alloc(300, 0xaa)]),
  zeros: Buffer.alloc(5_000),
};

const assertNoFault = (what: string, result: CliResult): void => {
  assert.equal(result.signal, null, what);
  assert.doesNotMatch(result.stderr, /\n {4}at |a fault of critrace/, `${what}: ${result.stderr}`);
};

/** As docs/reference/output.md names them. */
const lineKinds = new Set([
  'call',
  'connection',
  'negotiation',
  'caller',
  'round',
  'upgrade',
  'pod_start',
  'pod_stop',
  'container_start',
  'stuck_call',
  'stream_interval',
  'retry_chain',
  'convoy',
  'message_limit',
  'feature_fallback',
]);

const assertJson = (what: string, text: string): number => {
  const found = text.split('\n').filter((line) => line !== '');
  for (const line of found) assert.ok(lineKinds.has(JSON.parse(line).kind), `${what}: ${line.slice(0, 200)}`);
  return found.length;
};

for (const [name, damage] of Object.entries(damages))
  test(`a capture that is damaged (${name}) is replayed as far as it can be`, async (t) => {
    const file = join(await temporaryFolder(t), 'x.jsonl.gz');
    const formats = ['json', 'compact', 'otlp'];
    for (let run = 0; run < runsOfEach; run++) {
      const format = formats[run % formats.length] ?? 'json';
      const what = `${name}, seed ${run}, ${format}`;
      writeFileSync(file, damage(randomFrom(run + 1)));
      const result = await critrace(['replay', file, '-o', format, ...(format === 'json' ? ['--full'] : [])]);
      assertNoFault(what, result);
      assert.equal(result.code, 0, `${what}: ${result.stderr}`);
      if (format === 'json') assertJson(what, result.stdout);
      if (name !== 'bytes on the wire changed')
        assert.match(result.stderr, /warning: .*the rest was read/, what);
    }
  });

test('without a header that can be read it is no capture: exit code 2 and one sentence', async (t) => {
  const file = join(await temporaryFolder(t), 'x.jsonl.gz');
  for (const [name, bytes] of Object.entries(withoutHeader)) {
    writeFileSync(file, bytes);
    const result = await critrace(['replay', file, '-o', 'json']);
    assertNoFault(name, result);
    assert.equal(result.code, 2, `${name}: ${result.stderr}`);
    assert.match(result.stderr, /^error: /, name);
    assert.equal(result.stdout, '', name);
  }
});

test('a whole capture has no warning', async () => {
  const [name = ''] = readdirSync(folder).filter((each) => each.startsWith('pod-lifecycle-c16'));
  const result = await critrace(['replay', join(folder, name), '-o', 'json']);
  assert.equal(result.code, 0);
  assert.equal(result.stderr, '');
  assert.ok(assertJson(name, result.stdout) > 10);
});
