import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { startCritrace } from '../cli/critrace.ts';
import { until } from './until.ts';

/** The real program, running, with all that it says. */
export interface CritraceProcess {
  readonly child: ChildProcess;
  stdout(): Buffer;
  stderr(): string;
  /** Until stderr has said something that matches. */
  says(pattern: RegExp): Promise<void>;
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts the program; what still runs at the test's end is killed. */
export const critraceProcess = (
  test: TestContext,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): CritraceProcess => {
  const child = startCritrace(args, { env, timeoutMs: 120_000 });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (bytes: Buffer) => out.push(bytes));
  child.stderr?.on('data', (bytes: Buffer) => err.push(bytes));
  const closed = once(child, 'close');
  test.after(() => child.kill('SIGKILL'));
  const stderr = (): string => Buffer.concat(err).toString();
  return {
    child,
    stdout: () => Buffer.concat(out),
    stderr,
    says: (pattern) =>
      until(
        () => {
          if (child.exitCode !== null) throw new Error(`critrace ${args.join(' ')} ended: ${stderr()}`);
          return pattern.test(stderr());
        },
        () => `critrace ${args.join(' ')} to say ${pattern}: ${stderr()}`,
        40_000,
      ),
    async end(signal) {
      child.kill(signal);
      await closed;
      return child.exitCode;
    },
  };
};
