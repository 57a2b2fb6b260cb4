import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { start } from '../processes.ts';
import type { BenchContext } from '../section.ts';
import type { PacedWork } from './client-process.ts';

/** What a kubelet with 300 containers asks for. */
export const containers = 300;
export const callsPerSecond = 34;

/** A program of this folder. */
export const script = (name: 'runtime-process' | 'client-process'): readonly string[] => [
  process.execPath,
  '--import',
  'tsx/esm',
  fileURLToPath(new URL(`./${name}.ts`, import.meta.url)),
];

export type PacedRun = (work: PacedWork) => Promise<readonly number[]>;

export interface PacedLoad {
  /** The socket of a simulated runtime with so many containers, in a process of its own. */
  readonly runtime: string;
  /** From a process that is called `kubelet`: critrace knows its loops, and exports some of them. */
  readonly kubelet: PacedRun;
  /** From one that is not: critrace exports every call. */
  readonly stranger: PacedRun;
}

const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'number');

const startClient = async (context: BenchContext, name: string, ids: unknown[]): Promise<PacedRun> => {
  const { child } = context.owns(await start([...script('client-process'), name], { ipc: true }));
  child.send(ids);
  return async (work) => {
    child.send({ ...work });
    const [milliseconds] = await once(child, 'message');
    if (!isNumbers(milliseconds)) throw new Error('the client did not say how long its calls took');
    return milliseconds;
  };
};

export const startPacedLoad = async (context: BenchContext, name = 'paced'): Promise<PacedLoad> => {
  const runtime = join(context.folder, `${name}-runtime.sock`);
  const simulated = context.owns(
    await start([...script('runtime-process'), runtime, String(containers)], { ipc: true }),
  );
  const [ids] = await once(simulated.child, 'message');
  if (!Array.isArray(ids)) throw new Error('the simulated runtime did not say its containers');
  return {
    runtime,
    kubelet: await startClient(context, 'kubelet', ids),
    stranger: await startClient(context, 'stranger', ids),
  };
};
