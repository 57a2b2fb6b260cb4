import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const project = fileURLToPath(new URL('../..', import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array;
  /** A program that does not end is a failed test, not a hanging one. */
  readonly timeoutMs?: number;
}

/** Nothing of the tester's own environment reaches the program, but what finding Node takes, and that it need not stand back. */
const environment = (env: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  ...(process.env.CRITRACE_NICE === undefined ? {} : { CRITRACE_NICE: process.env.CRITRACE_NICE }),
  ...env,
});

/** The real program, from its sources: what starts it. */
export const critraceCommand = (args: readonly string[]): readonly [program: string, ...args: string[]] => [
  process.execPath,
  '--import',
  'tsx',
  main,
  ...args,
];

/** The real program as a process of its own. */
export const startCritrace = (args: readonly string[], options: CliOptions = {}): ChildProcess =>
  spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    cwd: project,
    env: environment(options.env ?? {}),
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? 30_000,
    killSignal: 'SIGKILL',
  });

export const critrace = async (args: readonly string[], options: CliOptions = {}): Promise<CliResult> => {
  const child = startCritrace(args, options);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (bytes: Buffer) => stdout.push(bytes));
  child.stderr?.on('data', (bytes: Buffer) => stderr.push(bytes));
  // A program that needs no input may be gone before it is given any.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.stdin ?? '');
  const [code, signal]: [number | null, NodeJS.Signals | null] = await new Promise((resolve) => {
    child.once('close', (...ended) => resolve(ended));
  });
  return {
    code,
    signal,
    stdout: Buffer.concat(stdout).toString(),
    stderr: Buffer.concat(stderr).toString(),
  };
};

/** Resolves when the stream has said something that matches; rejects when it ends before. The rest stays readable. */
export const says = (stream: Readable | null, pattern: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    const look = (chunk: unknown) => {
      text += String(chunk);
      if (!pattern.test(text)) return;
      stream?.off('data', look);
      resolve(text);
    };
    stream?.on('data', look);
    stream?.once('end', () => reject(new Error(`ended without ${pattern}: ${text}`)));
  });

export const exited = async (child: ChildProcess): Promise<number | null> => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
};
