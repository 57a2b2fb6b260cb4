import { secondsText } from '../unreturned/symptom.ts';
import type { Frozen, OomKill } from './casualty.ts';

type Whose = Pick<OomKill | Frozen, 'pod' | 'containerName' | 'containerId' | 'cgroup'>;

const whoseText = ({ pod, containerName, containerId, cgroup }: Whose): string => {
  const inPod = pod === null ? '' : ` of pod ${pod.namespace ?? '?'}/${pod.name ?? pod.uid ?? '?'}`;
  if (containerName !== null) return `container ${containerName}${inPod}`;
  if (pod !== null) return inPod.slice(' of '.length);
  if (containerId !== null) return `container ${containerId.slice(0, 13)}, which no message has named`;
  return cgroup === null ? 'a cgroup that is not known' : `cgroup ${cgroup}`;
};

export const explainOomKill = (kill: Omit<OomKill, 'explanation'>): string =>
  `The kernel killed ${kill.process.comm} (pid ${kill.process.pid}) of ${whoseText(kill)} for want of memory: its cgroup was at ` +
  'its limit, or the node had none left. Give it more memory or a program that takes less; where many are killed at once, see what took the memory of the node.';

export const explainFrozen = (frozen: Omit<Frozen, 'explanation'>): string => {
  const by = frozen.process === null ? '' : ` by ${frozen.process.comm} (pid ${frozen.process.pid})`;
  const howLong = secondsText(frozen.end - frozen.start);
  return frozen.ended
    ? `All processes of ${whoseText(frozen)} stood still for ${howLong}, frozen${by}.`
    : `All processes of ${whoseText(frozen)} have stood still for ${howLong}, frozen${by}: probes of it fail and nothing ends it until it is thawed. See what froze it, a checkpoint or a pause by hand; runc resume or a 0 in its cgroup.freeze lets it go on.`;
};
