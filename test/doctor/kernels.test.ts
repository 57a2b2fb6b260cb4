import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { kernelRows } from '../../src/doctor/kernels.ts';
import { expectedKernels } from '../e2e/kernels/expected.ts';

test('docs/kernel.md has the rows of the doctor', () => {
  const table = [
    '| kernel | where | tried | the tap |',
    '|---|---|---|---|',
    ...kernelRows.map(
      ({ kernel, where, tried, result }) => `| ${kernel} | ${where} | ${tried} | ${result} |`,
    ),
  ].join('\n');
  const page = readFileSync(new URL('../../docs/kernel.md', import.meta.url), 'utf8');
  assert.ok(page.includes(table), `docs/kernel.md should contain:\n${table}`);
});

test('what is booted in virtual machines stands there as run, with what came of it', () => {
  for (const { line, refused } of expectedKernels) {
    const row = kernelRows.find(({ kernel }) => kernel === line);
    assert.equal(row?.tried, 'run elsewhere', line);
    assert.match(row.where, /virtual machine(?!, once)/);
    const byCopy = refused.copy === undefined;
    const opens = byCopy || refused.actor === undefined;
    assert.match(
      row.result,
      opens ? (byCopy ? /^works, by `skb_copy/ : /^works, by `fentry/) : /^refused/,
      line,
    );
  }
});
