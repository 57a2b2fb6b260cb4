import assert from 'node:assert/strict';
import { test } from 'node:test';
import { intoPage, type Report, sectionsIntoPage } from '../../bench/report.ts';
import type { Section } from '../../bench/section.ts';

const section = (title: string, value: number): Section => ({
  title,
  how: 'By looking.',
  series: [{ candidate: 'one', metric: 'ms', values: [value] }],
  conclusions: [{ says: 'ms', values: [value], aim: null }],
});

const report = (day: string, ...sections: Section[]): Report => ({ machine: 'a machine', day, sections });

const page =
  'Before.\n\n<!-- measured: written by `npm run bench -- --write` -->\n\n<!-- end of what was measured -->\n\nAfter.\n';
const all = intoPage(page, report('2026-01-01', section('First', 111), section('Second', 222)));

test('what people wrote around the measured part stays', () => {
  assert.ok(all.startsWith('Before.\n') && all.endsWith('\n\nAfter.\n'));
  assert.match(all, /2026-01-01: a machine.*### First.*111.*### Second.*222/s);
  assert.equal(intoPage(all, report('2026-01-01', section('First', 111), section('Second', 222))), all);
});

test('a section that is measured anew takes its own place, and says when it was; the others stay as they are', () => {
  const anew = sectionsIntoPage(all, report('2026-02-02', section('First', 333), section('Third', 444)));
  assert.doesNotMatch(anew, /111/);
  assert.match(
    anew,
    /### First\n\nMeasured on 2026-02-02: a machine\.\n\nBy looking\..*333.*\n\n### Second.*222.*\n\n### Third\n\nMeasured on 2026-02-02.*444/s,
  );
  assert.ok(anew.startsWith('Before.\n') && anew.endsWith('\n\nAfter.\n'));
  const again = sectionsIntoPage(anew, report('2026-02-02', section('First', 333), section('Third', 444)));
  assert.equal(again, anew);
});

test('a page without a measured part is refused', () => {
  assert.throws(() => sectionsIntoPage('Nothing here.', report('2026-01-01', section('First', 1))));
});
