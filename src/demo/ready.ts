import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../foundation/clock.ts';
import { child, type Message, methodCodecs, text } from './codec.ts';
import { type CallResult, createCriClient } from './cri-client.ts';

/**
 * `not-served`: a gRPC server without the CRI, as containerd whose CRI plugin could not be loaded: waiting is in
 * vain. `not-yet`: nobody there, or a CRI that is still starting.
 */
export type Readiness = 'ready' | 'not-yet' | 'not-served';

const probeTimeoutMs = 20_000;

/** One call of v1 on a connection of its own. */
const ask = async (
  socket: string,
  clock: Clock,
  method: 'Version' | 'ImageStatus' | 'RunPodSandbox' | 'RemovePodSandbox',
  request: Message,
): Promise<CallResult> => {
  const codec = methodCodecs('v1').get(method);
  if (codec === undefined) throw new RangeError(`no CRI method ${method}`);
  const client = createCriClient({ socket, clock, record: () => undefined });
  try {
    return await client.call(codec, request, { timeoutMs: probeTimeoutMs });
  } finally {
    client.close();
  }
};

/** Whether a CRI runtime answers on this socket: an empty `Version`, as a kubelet probes. */
export const readiness = async (socket: string, clock: Clock): Promise<Readiness> => {
  const { record } = await ask(socket, clock, 'Version', {});
  if (record.code === 'OK') return 'ready';
  return record.code === 'UNIMPLEMENTED' ? 'not-served' : 'not-yet';
};

/** containerd's CRI learns of imported images from events, a little after the import. */
export const imageKnown = async (
  socket: string,
  image: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> => {
  for (;;) {
    const { response } = await ask(socket, clock, 'ImageStatus', { image: { image } });
    if (text(child(response, 'image'), 'id') !== '') return;
    await delay(20, undefined, { signal });
  }
};

/**
 * Runs one sandbox and removes it: whether this machine has the cgroups, mounts and network devices that pods need
 * shows nowhere else. Rejects with the runtime's own words.
 */
export const trySandbox = async (socket: string, config: Message, clock: Clock): Promise<void> => {
  const { record, response } = await ask(socket, clock, 'RunPodSandbox', { config });
  if (record.code !== 'OK') throw new Error(`no pod can run: ${record.details}`);
  await ask(socket, clock, 'RemovePodSandbox', { pod_sandbox_id: text(response, 'pod_sandbox_id') });
};
