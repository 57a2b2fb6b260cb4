import { hash } from 'node:crypto';
import type { Casualty } from '../calls/casualties/casualty.ts';
import type { CasualtyAttributeName } from './casualty-attributes.ts';
import { notAllZeros } from './ids.ts';
import type { ResourceBook } from './resources.ts';
import type { AttributeValue, Span } from './span.ts';

type Said = Partial<Record<CasualtyAttributeName, AttributeValue>>;

const attributesOf = (found: Casualty): Record<string, AttributeValue> => {
  const { pod, process, cgroup } = found;
  const said: Said = {
    'cri.symptom': found.kind,
    'cri.symptom.revision': found.revision,
    'cri.symptom.explanation': found.explanation,
  };
  if (cgroup !== null) said['cri.casualty.cgroup'] = cgroup;
  if (found.kind === 'frozen') said['cri.casualty.ended'] = found.ended;
  if (process !== null) said['process.pid'] = process.pid;
  if (process !== null) said['process.executable.name'] = process.comm;
  if (pod?.namespace != null) said['k8s.namespace.name'] = pod.namespace;
  if (pod?.name != null) said['k8s.pod.name'] = pod.name;
  if (pod?.uid != null) said['k8s.pod.uid'] = pod.uid;
  if (found.containerName !== null) said['k8s.container.name'] = found.containerName;
  if (found.containerId !== null) said['container.id'] = found.containerId;
  return said;
};

/** One INTERNAL span of the kernel, a trace of its own; that of a later revision is linked to the first. */
export const spansOfCasualty = (
  found: Casualty,
  identity: string,
  resources: ResourceBook,
): readonly Span[] => {
  const { kind, process, cgroup, start, end } = found;
  const idsOf = (revision: number): Pick<Span, 'traceId' | 'spanId'> => {
    const of = [kind, identity, process?.pid, process?.start, cgroup, start, revision];
    const digest = hash('sha256', of.join('\n'));
    return { traceId: notAllZeros(digest.slice(0, 32)), spanId: notAllZeros(digest.slice(32, 48)) };
  };
  const isError = kind === 'oom_kill' || !found.ended;
  return [
    {
      ...idsOf(found.revision),
      parentSpanId: null,
      parentIsRemote: false,
      traceState: null,
      traceFlags: 1,
      name: kind === 'oom_kill' ? 'OOM kill' : 'frozen',
      kind: 'internal',
      start,
      end,
      attributes: attributesOf(found),
      status: isError ? { code: 'error', message: found.explanation } : { code: 'unset', message: null },
      events: [],
      links: found.revision === 0 ? [] : [{ ...idsOf(0), attributes: {} }],
      resource: resources.kernel(),
    },
  ];
};
