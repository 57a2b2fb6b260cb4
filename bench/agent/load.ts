import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { methodCodecs } from '../../src/demo/codec.ts';
import { start } from '../processes.ts';
import type { BenchContext } from '../section.ts';
import { framed, type PacedCall } from './paced-client.ts';

/** What a kubelet with 300 containers asks for. */
export const containers = 300;
export const callsPerSecond = 34;

export const runtimeProcess = fileURLToPath(new URL('./runtime-process.ts', import.meta.url));

/** In each second the two lists of a relist, a status, a version, and statuses of single containers. */
const kubeletCalls = (ids: readonly string[]): PacedCall[] => {
  const codecs = methodCodecs('v1');
  const call = (name: string, request: Readonly<Record<string, unknown>>): PacedCall => {
    const codec = codecs.get(name);
    if (codec === undefined) throw new Error(`no method ${name}`);
    return { path: codec.path, body: framed(codec.encodeRequest(request)) };
  };
  const calls: PacedCall[] = [];
  for (let from = 0; from < ids.length; from += 30) {
    calls.push(call('ListPodSandbox', {}), call('ListContainers', { filter: {} }));
    calls.push(call('Status', {}), call('Version', { version: '0.1.0' }));
    for (const id of ids.slice(from, from + 30)) calls.push(call('ContainerStatus', { container_id: id }));
  }
  return calls;
};

const isIds = (value: unknown): value is string[] => Array.isArray(value);

export interface PacedLoad {
  /** Of a simulated runtime with so many containers, in a process of its own. */
  readonly runtime: string;
  readonly calls: readonly PacedCall[];
}

export const startPacedLoad = async (context: BenchContext): Promise<PacedLoad> => {
  const runtime = join(context.folder, 'paced-runtime.sock');
  const simulated = context.owns(
    await start([process.execPath, '--import', 'tsx/esm', runtimeProcess, runtime, String(containers)], {
      ipc: true,
    }),
  );
  const ids: unknown = await new Promise((resolve) => simulated.child.once('message', resolve));
  if (!isIds(ids)) throw new Error('the simulated runtime did not say its containers');
  return { runtime, calls: kubeletCalls(ids) };
};
