import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { scrubText } from '../../src/foundation/scrub.ts';
import { scrubArguments } from '../../src/foundation/scrub-arguments.ts';

test('what is not asked about is what scrubbing leaves alone', () => {
  const short = fc.stringMatching(/^[A-Za-z0-9._-]{0,15}$/);
  const id = fc.stringMatching(/^[0-9a-f]{64}$/);
  fc.assert(
    fc.property(fc.oneof(short, id), (word) => {
      assert.equal(scrubText(word), word);
      assert.deepEqual(scrubArguments([word]), [word]);
    }),
    { numRuns: 5000 },
  );
});

test('any argument that is no path is scrubbed as text is', () => {
  fc.assert(
    fc.property(fc.string(), (word) => {
      if (!word.startsWith('/')) assert.deepEqual(scrubArguments(['x', word]), ['x', scrubText(word)]);
    }),
    { numRuns: 2000 },
  );
});

test('the value of a telling flag goes, and only it', () => {
  const cases: [string[], string[]][] = [
    [
      ['--token', 'a', 'b'],
      ['--token', '[redacted]', 'b'],
    ],
    [
      ['--api-key', '/etc/key'],
      ['--api-key', '[redacted]'],
    ],
    [
      ['-password', '-v', 'x'],
      ['-password', '-v', 'x'],
    ],
    [
      ['token', 'a'],
      ['token', 'a'],
    ],
  ];
  for (const [given, expected] of cases) assert.deepEqual(scrubArguments(given), expected);
});
