import type { Call } from '../call.ts';
import type { Subject } from './symptom.ts';

/** What a call works on, so that the next call for the same is known as another try of it. */
export interface TriedSubject extends Subject {
  readonly key: string;
}

const ofContainer: ReadonlySet<string> = new Set([
  'StartContainer',
  'StopContainer',
  'RemoveContainer',
  'UpdateContainerResources',
  'CheckpointContainer',
  'ReopenContainerLog',
]);

const ofSandbox: ReadonlySet<string> = new Set([
  'StopPodSandbox',
  'RemovePodSandbox',
  'UpdatePodSandboxResources',
  'CheckpointPod',
]);

const ofImage: ReadonlySet<string> = new Set(['PullImage', 'RemoveImage']);

const podText = ({ facts: { pod } }: Call): string => `${pod?.namespace ?? '?'}/${pod?.name ?? '?'}`;

const subject = ({ endpoint, rpc }: Call, kind: Subject['kind'], id: string, text: string): TriedSubject => ({
  kind,
  text,
  key: `${endpoint}\n${rpc}\n${id}`,
});

const podSubject = (call: Call): TriedSubject | null => {
  const { pod } = call.facts;
  const text = podText(call);
  const id = pod?.uid ?? (pod?.name == null ? null : text);
  return id === null ? null : subject(call, 'pod', `${id} ${pod?.attempt ?? 0}`, text);
};

const createdSubject = (call: Call): TriedSubject | null => {
  const { pod, sandboxId, containerName, containerAttempt } = call.facts;
  if (sandboxId === null || containerName === null) return null;
  const text = pod === null ? containerName : `${podText(call)}/${containerName}`;
  return subject(call, 'container', `${sandboxId} ${containerName} ${containerAttempt ?? 0}`, text);
};

const named = (call: Call, kind: Subject['kind'], id: string | null): TriedSubject | null =>
  id === null ? null : subject(call, kind, id, id);

/** Null where calls of the method repeat by themselves (lists, probes), or what they are for is not known. */
export const subjectOf = (call: Call): TriedSubject | null => {
  const { rpc, facts } = call;
  if (rpc === null || call.service === null) return null;
  if (rpc === 'RunPodSandbox' || rpc === 'RestorePod') return podSubject(call);
  if (rpc === 'CreateContainer') return createdSubject(call);
  if (ofContainer.has(rpc)) return named(call, 'container', facts.containerId);
  if (ofSandbox.has(rpc)) return named(call, 'sandbox', facts.sandboxId);
  if (ofImage.has(rpc)) return named(call, 'image', facts.image);
  return null;
};
