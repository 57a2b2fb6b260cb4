import assert from 'node:assert/strict';
import { type ExpectedKernel, isSpare } from './expected.ts';

export const failuresIn = (said: string): string[] => said.match(/^not ok .*(\n {2}.*)*/gm) ?? [];

/** What became of each program. */
export const statesIn = (said: string): Map<string, string> =>
  new Map(
    [...said.matchAll(/^program (\S+) (attached|refused|not wanted): .*$/gm)].map(
      ([, name = '', state = '']) => [name, state],
    ),
  );

/** What was said of one program, with the verifier's last words. */
const saidOf = (said: string, program: string): string =>
  new RegExp(`^program ${program} [^]*?(?=^program |^ok |^not ok )`, 'm').exec(said)?.[0] ?? '';

/** What the driver said on a kernel is what is expected of it. */
export const assertExpected = (said: string, expected: ExpectedKernel): void => {
  const { line, refused } = expected;
  assert.match(said, new RegExp(`^kernel ${line.replace('.', '\\.')}\\.`, 'm'));
  const failures = failuresIn(said);
  if (expected.spare === 'rest') {
    assert.equal(failures.length, 1, said);
    assert.match(
      failures.join(),
      /^not ok the tap opens: BPF program copy is refused: .*: Linux 6\.12 with BTF/,
    );
  } else assert.deepEqual(failures, [], said);
  const states = statesIn(said);
  assert.deepEqual(
    [...states],
    [...states.keys()].map((program) => [
      program,
      refused[program] !== undefined ? 'refused' : isSpare(expected, program) ? 'not wanted' : 'attached',
    ]),
    said,
  );
  for (const [program, { says }] of Object.entries(refused)) assert.match(saidOf(said, program), says);
};
