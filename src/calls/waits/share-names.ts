import type { Call } from '../call.ts';
import type { Phase } from '../pods/operation.ts';
import type { Wait } from './wait.ts';

const rpcs: Readonly<Partial<Record<Phase['phase'], string>>> = {
  sandbox: 'RunPodSandbox',
  sandbox_status: 'PodSandboxStatus',
  image_pull: 'PullImage',
  create: 'CreateContainer',
  start: 'StartContainer',
  post_start: 'postStart hook',
  pre_stop: 'preStop hook',
  stop: 'StopContainer',
  sandbox_stop: 'StopPodSandbox',
};

/** `PullImage of default/web`. */
export const behindText = ({ rpc, facts: { pod, containerName, image } }: Call): string => {
  const container = containerName === null ? '' : ` ${containerName}`;
  const whose = pod === null ? (image ?? '?') : `${pod.namespace ?? '?'}/${pod.name ?? '?'}${container}`;
  return `${rpc ?? 'a call'} of ${whose}`;
};

/** Under what a stretch stands in the sum of an operation's time. */
export const shareOf = (
  wait: Wait,
  byKubelet: boolean,
): { readonly group: string; readonly name: string } => {
  const alone = (group: string) => ({ group, name: group });
  const client = byKubelet ? 'kubelet' : 'client';
  switch (wait.on) {
    case 'client':
      return alone(`${client} between calls`);
    case 'back_off':
      return alone(`${client} after a failed call`);
    case 'init_container':
      return alone(`init container ${wait.container}`);
    case 'pull_queue':
      return alone(`waiting for ${behindText(wait.behind)}`);
    case 'kernel':
    case 'socket':
    case 'runtime':
    case 'same_container':
    case 'same_sandbox':
    case 'same_image':
    case 'convoy':
      return { group: rpcs[wait.phase.phase] ?? wait.phase.phase, name: partOf(wait) };
  }
};

const partOf = (wait: Extract<Wait, { phase: Phase }>): string => {
  switch (wait.on) {
    case 'kernel':
      return wait.group === wait.name ? wait.name : `${wait.group} ${wait.name}`;
    case 'socket':
      return `${wait.unread} unread`;
    case 'runtime':
      return 'runtime';
    default:
      return `behind ${behindText(wait.behind)}`;
  }
};
