import assert from 'node:assert/strict';
import { appendFile, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { type WholeLine, wholeLinesFrom } from '../../src/store/whole-lines.ts';
import { temporaryFolder } from '../support/folder.ts';

const collect = async (path: string, offset: number, atLine: boolean, maxBytes = 1 << 24) => {
  const file = await open(path, 'r');
  try {
    const lines: WholeLine[] = [];
    for await (const line of wholeLinesFrom(file, { offset, atLine }, maxBytes)) lines.push(line);
    return lines;
  } finally {
    await file.close();
  }
};

const aFile = async (test: TestContext, content: string): Promise<string> => {
  const path = join(await temporaryFolder(test), 'a.jsonl');
  await writeFile(path, content);
  return path;
};

it('lines come whole, with their places; what has no newline yet waits', async (test) => {
  const path = await aFile(test, 'one\ntwö\n\nthree\nfou');
  const lines = await collect(path, 0, true);
  assert.deepEqual(
    lines.map(({ text }) => text),
    ['one', 'twö', 'three'],
  );
  assert.deepEqual(
    lines.map(({ offset, bytes }) => [offset, bytes]),
    [
      [0, 3],
      [4, 4],
      [10, 5],
    ],
  );
  await appendFile(path, 'r\n');
  assert.deepEqual(
    (await collect(path, 16, true)).map(({ text }) => text),
    ['four'],
  );
});

it('from the middle of a line it begins at the next one', async (test) => {
  const path = await aFile(test, 'one\ntwo\nthree\n');
  assert.deepEqual(
    (await collect(path, 2, false)).map(({ text }) => text),
    ['two', 'three'],
  );
});

it('of a line that is too long only its length is told', async (test) => {
  const path = await aFile(test, `a\n${'x'.repeat(700_000)}\nb\n`);
  const lines = await collect(path, 0, true, 1000);
  assert.deepEqual(
    lines.map(({ text, bytes }) => [text, bytes]),
    [
      ['a', 1],
      [null, 700_000],
      ['b', 1],
    ],
  );
});

it('whatever the lines are and wherever reading went on, they are those of the file', async (test) => {
  const folder = await temporaryFolder(test);
  const path = join(folder, 'random.jsonl');
  const text = fc.string({ maxLength: 40 }).map((line) => line.replaceAll(/[\n\ud800-\udfff]/g, '.'));
  await fc.assert(
    fc.asyncProperty(fc.array(text, { maxLength: 30 }), fc.nat(29), async (texts, cut) => {
      await writeFile(path, texts.map((line) => `${line}\n`).join(''));
      const all = await collect(path, 0, true);
      assert.deepEqual(
        all.map((line) => line.text),
        texts.filter((line) => line !== ''),
      );
      const from = all[Math.min(cut, all.length - 1)];
      if (from === undefined) return;
      assert.deepEqual(await collect(path, from.offset, true), all.slice(all.indexOf(from)));
    }),
    { numRuns: 50 },
  );
});
