import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { critrace } from '../../cli/critrace.ts';
import { temporaryFolder } from '../../support/folder.ts';

const captures = 'test/fixtures/captures';
const many = `${captures}/many-c24-crictl1.36.jsonl.gz`;
const small = `${captures}/traced-c24-crictl1.36.jsonl.gz`;

/** The calls of a capture, but for the ids of their spans, which are of the file. */
const callsOf = async (file: string): Promise<unknown[]> => {
  const { code, stdout } = await critrace(['replay', file, '-o', 'json']);
  assert.equal(code, 0);
  return stdout
    .trim()
    .split('\n')
    .map((line) => ({ ...JSON.parse(line), trace_id: '', span_id: '', parent_span_id: '' }));
};

/** All bytes that passed, as the capture has them. */
const bytesOf = (text: string): Buffer =>
  Buffer.concat(
    text
      .trim()
      .split('\n')
      .map((line) => Buffer.from(JSON.parse(line).b ?? '', 'base64')),
  );

const parts = (folder: string): string[] =>
  readdirSync(folder)
    .map((name) => join(folder, name))
    .sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs);

test('a capture made before is redacted: the same calls, and no annotation', async (t) => {
  const folder = await temporaryFolder(t);
  const out = join(folder, 'out.jsonl.gz');
  const { code, stdout } = await critrace(['record', '--redact', '--from', many, '-o', out]);
  assert.equal(code, 0);
  assert.equal(stdout, '');
  assert.equal(statSync(out).mode & 0o777, 0o600);
  assert.deepEqual(await callsOf(out), await callsOf(many));
  const [before, after] = [many, out].map((file) => gunzipSync(readFileSync(file)).toString());
  assert.equal(bytesOf(after ?? '').length, bytesOf(before ?? '').length);
  const secret = '"command": ["sleep", "1000"]';
  assert.ok(bytesOf(before ?? '').includes(secret));
  assert.ok(!bytesOf(after ?? '').includes(secret));
  const head = (text = '') => JSON.parse(text.slice(0, text.indexOf('\n')));
  assert.deepEqual(
    [head(after).redacted, head(after).socket, head(after).note],
    [true, head(before).socket, head(before).note],
  );
});

test('in parts they are the same calls when joined; what was overwritten stays said in a copy', async (t) => {
  const folder = await temporaryFolder(t);
  const run = async (...args: string[]) => assert.equal((await critrace(['record', ...args])).code, 0);
  await run('--redact', '--from', many, '-o', join(folder, 'out.jsonl'), '--rotate-size', '1MiB');
  const files = parts(folder);
  assert.ok(files.length > 2, `${files.length} parts`);
  const whole = join(folder, 'whole.jsonl');
  writeFileSync(whole, files.map((file) => readFileSync(file, 'utf8')).join(''));
  assert.deepEqual(await callsOf(whole), await callsOf(many));

  // A part alone has connections that it joined late: all of them is overwritten, and counted.
  const [late = ''] = files.slice(-1);
  await run('--redact', '--from', late, '-o', join(folder, 'late.jsonl'));
  await run('--from', join(folder, 'late.jsonl'), '-o', join(folder, 'copy.jsonl'));
  const marks = (name: string): unknown[] =>
    readFileSync(join(folder, name), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).x)
      .filter((mark) => mark !== undefined);
  assert.ok(marks('late.jsonl').length > 0);
  assert.deepEqual(marks('copy.jsonl'), marks('late.jsonl'));
  assert.match(readFileSync(join(folder, 'copy.jsonl'), 'utf8'), /^\{[^\n]*"redacted":true/);
});

test('from standard input, from a file onto itself, and from what is no capture', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'a.jsonl');
  const text = gunzipSync(readFileSync(small));
  const piped = await critrace(['record', '--from', '-', '-o', file], { stdin: text });
  assert.equal(piped.code, 0);
  assert.deepEqual(await callsOf(file), await callsOf(small));
  const onto = await critrace(['record', '--redact', '--from', file, '--force', '-o', file]);
  assert.equal(onto.code, 0);
  assert.deepEqual(await callsOf(file), await callsOf(small));

  writeFileSync(join(folder, 'cut.jsonl'), text.subarray(0, text.length - 100));
  const cut = await critrace(['record', '--from', join(folder, 'cut.jsonl'), '-o', join(folder, 'b.jsonl')]);
  assert.equal(cut.code, 0);
  assert.match(cut.stderr, /cut\.jsonl: it is cut short; the rest was read/);

  for (const from of ['package.json', '/nonexistent.gz']) {
    const { code, stderr } = await critrace(['record', '--from', from, '-o', join(folder, 'c.jsonl')]);
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`${from}.*example: critrace record --from`));
  }
  assert.ok(!parts(folder).some((name) => name.endsWith('c.jsonl')));
});
