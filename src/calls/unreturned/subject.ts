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

/** Null where calls of the method repeat by themselves (lists, probes), or what they are for is not known. */
export const subjectOf = (call: Call): TriedSubject | null => {
  const { rpc, endpoint, facts } = call;
  const { pod, sandboxId, containerId, containerName } = facts;
  if (rpc === null || call.service === null) return null;
  const subject = (kind: Subject['kind'], id: string, text: string): TriedSubject => ({
    kind,
    text,
    key: `${endpoint}\n${rpc}\n${id}`,
  });
  const podText = `${pod?.namespace ?? '?'}/${pod?.name ?? '?'}`;
  if (rpc === 'RunPodSandbox' || rpc === 'RestorePod') {
    const id = pod?.uid ?? (pod?.name == null ? null : podText);
    return id === null ? null : subject('pod', `${id} ${pod?.attempt ?? 0}`, podText);
  }
  if (rpc === 'CreateContainer') {
    if (sandboxId === null || containerName === null) return null;
    return subject(
      'container',
      `${sandboxId} ${containerName} ${facts.containerAttempt ?? 0}`,
      pod === null ? containerName : `${podText}/${containerName}`,
    );
  }
  if (ofContainer.has(rpc))
    return containerId === null ? null : subject('container', containerId, containerId);
  if (ofSandbox.has(rpc)) return sandboxId === null ? null : subject('sandbox', sandboxId, sandboxId);
  if (ofImage.has(rpc)) return facts.image === null ? null : subject('image', facts.image, facts.image);
  return null;
};
