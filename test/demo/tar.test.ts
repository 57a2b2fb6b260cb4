import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { tar } from '../../src/demo/tar.ts';
import { temporaryFolder } from '../support/folder.ts';

test('tar(1) lists and extracts what was archived', async (t) => {
  const entries = [
    { path: 'empty', mode: 0o644, content: Buffer.alloc(0) },
    { path: 'blobs/one-block', mode: 0o755, content: Buffer.alloc(512, 'a') },
    { path: 'blobs/over', mode: 0o600, content: Buffer.alloc(513, 'b') },
  ];
  const archive = join(await temporaryFolder(t), 'a.tar');
  await writeFile(archive, tar(entries));
  const list = execFileSync('tar', ['--utc', '-tvf', archive], { encoding: 'utf8' });
  assert.deepEqual(
    list
      .trim()
      .split('\n')
      .map((line) => line.replace(/ +/g, ' ')),
    [
      '-rw-r--r-- 0/0 0 1970-01-01 00:00 empty',
      '-rwxr-xr-x 0/0 512 1970-01-01 00:00 blobs/one-block',
      '-rw------- 0/0 513 1970-01-01 00:00 blobs/over',
    ],
  );
  for (const { path, content } of entries)
    assert.deepEqual(execFileSync('tar', ['-xOf', archive, path]), content, path);
});

test('a path that a ustar name cannot hold is refused', () => {
  assert.throws(() => tar([{ path: 'x'.repeat(101), mode: 0o644, content: Buffer.alloc(0) }]), RangeError);
});
