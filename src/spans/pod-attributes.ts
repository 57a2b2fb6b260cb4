import type { NamesOf, WhoseAttributeName } from './attribute-names.ts';
import type { AttributeRow } from './attributes.ts';

/** Every attribute that the spans of the start or stop of a pod have beside those they share with calls. */
export const podAttributeRows = [
  {
    name: 'cri.operation',
    on: 'operation',
    type: 'string',
    when: 'always: `pod_start`, `container_start` (made anew, or long after the pod began) or `pod_stop`',
    example: 'pod_start',
  },
  {
    name: 'cri.operation.outcome',
    on: 'operation',
    type: 'string',
    when: 'always: `running`, `stopped`, `containers_stopped`, `failed`, `timed_out`, `incomplete`',
    example: 'running',
  },
  {
    name: 'cri.operation.detail',
    on: 'operation',
    type: 'string',
    when: 'neither `running` nor `stopped`: which step failed, or why no more is known',
    example: 'PullImage registry.local/app:1: NOT_FOUND',
  },
  {
    name: 'cri.operation.start_unknown',
    on: 'operation',
    type: 'boolean',
    when: 'the pod was starting already when the observation began: the span begins where it was first seen',
    example: true,
  },
  {
    name: 'cri.operation.calls',
    on: 'operation',
    type: 'int',
    when: 'always: calls that belong to it',
    example: 6,
  },
  {
    name: 'cri.operation.sandbox_ms',
    on: 'operation',
    type: 'double',
    when: 'always: milliseconds in which RunPodSandbox or StopPodSandbox was under way; those below likewise, each instant counted once per attribute',
    example: 312.5,
  },
  {
    name: 'cri.operation.image_pull_ms',
    on: 'operation',
    type: 'double',
    when: 'always: PullImage',
    example: 1840.2,
  },
  {
    name: 'cri.operation.containers_ms',
    on: 'operation',
    type: 'double',
    when: 'always: CreateContainer, StartContainer, StopContainer',
    example: 204.7,
  },
  {
    name: 'cri.operation.hooks_ms',
    on: 'operation',
    type: 'double',
    when: 'always: commands of postStart and preStop',
    example: 0,
  },
  {
    name: 'cri.operation.client_ms',
    on: 'operation',
    type: 'double',
    when: "always: no call of it was under way, no init container ran, and no pulls of others were waited for: the kubelet's own time",
    example: 95.1,
  },
  {
    name: 'cri.operation.pull_queue_ms',
    on: 'operation',
    type: 'double',
    when: 'always: no call of it was under way, as the next pull waited for pulls of others (`cri.wait.on` is `pull_queue`)',
    example: 4012.5,
  },
  {
    name: 'cri.operation.init_ms',
    on: 'operation',
    type: 'double',
    when: 'always: no call of it was under way while a container ran that had ended before the next call',
    example: 0,
  },
  {
    name: 'cri.operation.waited_ms',
    on: 'operation',
    type: 'double',
    when: 'always: it waited for calls of others (`cri.wait.behind` on the spans below); of the times above',
    example: 4012.5,
  },
  {
    name: 'cri.operation.breakdown',
    on: 'operation',
    type: 'string',
    when: 'always: where the time of the span went, the largest first, together 100 %',
    example:
      '70 % waiting for PullImage of default/web, 21 % RunPodSandbox (CNI bridge 210 ms, runtime 31 ms), 9 % kubelet between calls',
  },
] as const satisfies readonly AttributeRow[];

export type PodAttributeName =
  | NamesOf<typeof podAttributeRows>
  | WhoseAttributeName
  | 'k8s.container.restart_count'
  | 'cri.sandbox.id'
  | 'cri.sandbox.attempt'
  | 'server.address';
