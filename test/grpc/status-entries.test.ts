import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createStatusEntries } from '../../src/grpc/status-entries.ts';

const entry = (number: number, epoch = 1) => ({ epoch, entry: number });

test('three replies that end alike ended well, and so does what ends like them without a reply', () => {
  const statuses = createStatusEntries();
  assert.equal(statuses.codeOf(entry(-3), true), null);
  assert.equal(statuses.codeOf(entry(-3), true), null);
  assert.equal(statuses.codeOf(entry(-3), true), 0);
  assert.equal(statuses.codeOf(entry(-3), false), 0);
  assert.equal(statuses.codeOf(entry(-9), false), null);
  assert.equal(statuses.codeOf(entry(-9), true), null);
});

test('errors without a reply never come to stand for OK', () => {
  const statuses = createStatusEntries();
  for (let call = 0; call < 10; call++) assert.equal(statuses.codeOf(entry(-9), false), null);
});

test('after a loss numbers mean something else', () => {
  const statuses = createStatusEntries();
  for (let call = 0; call < 3; call++) statuses.codeOf(entry(-3), true);
  assert.equal(statuses.codeOf(entry(-3, 2), false), null);
});
