import type { Call } from '../calls/call.ts';
import type { PodIdentity } from '../cri/facts.ts';

export interface PodOfCallLimits {
  /** Sandboxes and containers remembered; the oldest are forgotten first. */
  readonly maxIds: number;
}

export const defaultPodOfCallLimits: PodOfCallLimits = { maxIds: 10_000 };

/**
 * Gives a call the pod that it concerns: most calls name only a sandbox or a container, whose pod an earlier call
 * (RunPodSandbox, CreateContainer, a status) has told.
 */
export const createPodOfCall = (limits: PodOfCallLimits = defaultPodOfCallLimits): ((call: Call) => Call) => {
  const pods = new Map<string, PodIdentity>();
  const learn = (id: string | null, pod: PodIdentity): void => {
    if (id === null) return;
    pods.delete(id);
    pods.set(id, pod);
    if (pods.size <= limits.maxIds) return;
    const oldest = pods.keys().next();
    if (!oldest.done) pods.delete(oldest.value);
  };
  return (call) => {
    const { pod, sandboxId, containerId } = call.facts;
    // A list's label selector gives the uid alone.
    const told = pod !== null && pod.name === null ? (pods.get(pod.uid ?? '') ?? pod) : pod;
    const known = told ?? pods.get(sandboxId ?? '') ?? pods.get(containerId ?? '') ?? null;
    if (known === null) return call;
    if (known.name !== null) learn(known.uid, known);
    learn(sandboxId, known);
    learn(containerId, known);
    return { ...call, facts: { ...call.facts, pod: known } };
  };
};
