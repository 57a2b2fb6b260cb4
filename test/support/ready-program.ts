import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { untilThere } from './until.ts';

export interface ReadyProgram {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** An address that answers OK once the program does. */
  readonly ready: string;
}

/** Starts a server and waits until it answers; fails with its words where it ends before. Ended with the test. */
export const startReady = async (
  t: TestContext,
  { program, args, env = process.env, ready }: ReadyProgram,
): Promise<void> => {
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const said: Buffer[] = [];
  child.stderr.on('data', (bytes: Buffer) => said.push(bytes));
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const words = () => `${program}: ${Buffer.concat(said)}`;
  await untilThere(async () => {
    if (child.exitCode !== null) throw new Error(`it ended: ${words()}`);
    const response = await fetch(ready).catch(() => null);
    return response?.ok === true ? response : null;
  }, words);
};
