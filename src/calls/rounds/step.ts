import type { Call } from '../call.ts';

/** What a call asks for, as far as it tells which of a kubelet's loops makes it. */
export type Step =
  /** A list of all sandboxes, or of all containers. */
  | { readonly is: 'all_sandboxes' | 'all_containers' }
  /** Of those that run. */
  | { readonly is: 'ready_sandboxes' | 'running_containers' }
  /** Of one pod, by the label with its uid. */
  | { readonly is: 'pod_sandboxes' | 'pod_containers'; readonly pod: string }
  | { readonly is: 'sandbox_status'; readonly pod: string | null }
  | { readonly is: 'container_status'; readonly pod: string | null; readonly container: string }
  | { readonly is: PlainName };

type PlainName = 'images' | 'image_fs' | 'container_stats' | 'status' | 'version' | 'remove';

type Classify = (call: Call) => Step | null;

const podOf = ({ facts: { pod } }: Call): string | null =>
  pod === null ? null : (pod.uid ?? (pod.name === null ? null : `${pod.namespace}/${pod.name}`));

const listed =
  (all: 'all_sandboxes' | 'all_containers', running: 'ready_sandboxes' | 'running_containers'): Classify =>
  (call) => {
    const { sandboxId, containerId, values } = call.facts;
    if (sandboxId !== null || containerId !== null) return null;
    const pod = podOf(call);
    const is = all === 'all_sandboxes' ? 'pod_sandboxes' : 'pod_containers';
    if (pod !== null) return { is, pod };
    const state = values['filter.state'];
    if (state === undefined) return { is: all };
    return state === 'SANDBOX_READY' || state === 'CONTAINER_RUNNING' ? { is: running } : null;
  };

const sandboxes = listed('all_sandboxes', 'ready_sandboxes');
const containers = listed('all_containers', 'running_containers');

const just = (is: PlainName): Classify => {
  const step: Step = { is };
  return () => step;
};

const remove = just('remove');
const stats = just('container_stats');
const images = just('images');

const byRpc: ReadonlyMap<string, Classify> = new Map<string, Classify>([
  ['ListPodSandbox', sandboxes],
  ['StreamPodSandboxes', sandboxes],
  ['ListContainers', containers],
  ['StreamContainers', containers],
  ['PodSandboxStatus', (call) => ({ is: 'sandbox_status', pod: podOf(call) })],
  [
    'ContainerStatus',
    (call) => ({ is: 'container_status', pod: podOf(call), container: call.facts.containerId ?? '' }),
  ],
  ['ListImages', images],
  ['StreamImages', images],
  ['ImageFsInfo', just('image_fs')],
  ['ListContainerStats', stats],
  ['StreamContainerStats', stats],
  ['ListPodSandboxStats', stats],
  ['StreamPodSandboxStats', stats],
  ['Status', just('status')],
  // Without a version in it, it is the question at a kubelet's start.
  ['Version', ({ facts }) => (facts.values['version.requested'] === undefined ? null : { is: 'version' })],
  ['StopPodSandbox', remove],
  ['RemovePodSandbox', remove],
  ['RemoveContainer', remove],
  ['RemoveImage', remove],
]);

const noStep: Classify = () => null;

/** The same step under each of the names that are left. */
const common = (rpcs: readonly string[]): Classify => {
  const [first = '', ...others] = rpcs;
  const classify = byRpc.get(first) ?? noStep;
  return others.every((rpc) => byRpc.get(rpc) === classify) ? classify : noStep;
};

/** Null: no loop makes such a call. */
export const stepOf = (call: Call): Step | null =>
  (call.rpc === null ? common(call.methodCandidates) : (byRpc.get(call.rpc) ?? noStep))(call);

export const isStep = (rpc: string): boolean => byRpc.has(rpc);
