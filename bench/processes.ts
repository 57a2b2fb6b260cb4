import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Something that runs until it is stopped. */
export interface Started {
  stop(): Promise<void>;
}

export interface StartedProcess extends Started {
  readonly pid: number;
  readonly child: ChildProcess;
}

/** Programs of the administrator are not on everybody's PATH. */
const searchPath = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`;

export const hasProgram = (name: string): boolean =>
  searchPath.split(delimiter).some((folder) => existsSync(join(folder, name)));

/** The last core this process may run on: the first is where interrupts and other programs usually are. */
export const quietCore = (): string => {
  const allowed =
    /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0';
  return allowed.split(/[,-]/).at(-1) ?? '0';
};

const lastWords = 2_000;

const collect = (child: ChildProcess): (() => string) => {
  let text = '';
  child.stderr?.on('data', (chunk) => {
    text = (text + chunk).slice(-lastWords);
  });
  return () => text.trim();
};

/** Starts a program that runs on. It ends with SIGTERM, and with SIGKILL when that does not do. */
export const start = async (
  command: readonly string[],
  options: { ipc?: boolean } = {},
): Promise<StartedProcess> => {
  const [file = '', ...args] = command;
  const child = spawn(file, args, {
    stdio: ['ignore', 'ignore', 'pipe', ...(options.ipc === true ? (['ipc'] as const) : [])],
    env: { ...process.env, PATH: searchPath },
  });
  const said = collect(child);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  let stopping = false;
  child.once('exit', (code) => {
    if (!stopping) process.stderr.write(`bench: ${file} ended by itself (${code}): ${said()}\n`);
  });
  return {
    pid: child.pid ?? 0,
    child,
    async stop() {
      stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      if ((await Promise.race([ended, delay(5_000, 'late', { ref: false })])) !== 'late') return;
      child.kill('SIGKILL');
      await ended;
    },
  };
};

/** Runs a program to its end and gives its output; rejects when it fails, with what it said. */
export const run = (command: readonly string[]): Promise<{ stdout: string; stderr: string }> =>
  new Promise((resolve, reject) => {
    const [file = '', ...args] = command;
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PATH: searchPath },
    });
    const stderr = collect(child);
    const stdout: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => stdout.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve({ stdout: stdout.join(''), stderr: stderr() });
      else reject(new Error(`${file} ended with ${code}: ${stderr()}`));
    });
  });

/** Waits until `holds`, looking every few milliseconds. */
export const waitFor = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
  ms = 15_000,
): Promise<void> => {
  const timeout = AbortSignal.timeout(ms);
  while (!(await holds())) {
    if (timeout.aborted) throw new Error(`${what}: not within ${ms} ms`);
    await delay(20);
  }
};
