import { isNobody } from '../caller.ts';
import { isKubelet } from '../kubelet.ts';
import type { Negotiation } from './finding.ts';

type Told = Omit<Negotiation, 'explanation' | 'connection' | 'revision' | 'start' | 'end'>;

const again = ({ count, caller }: Told): string =>
  count > 1
    ? ` (${count} ${isNobody(caller) ? 'connections of clients like it' : 'processes'} in a row)`
    : '';

/** Two connections may be of one process, or not: nothing is known of either but the user agent. */
const served = ({ verdict, previous, caller }: Told): string => {
  if (isNobody(caller) && previous !== null && previous !== verdict)
    return ` (the connection before it with its user agent: ${previous}; whether that was the same client is not known)`;
  if (previous === 'version_refused_after_upgrade')
    return ', and recovered from a refused version by its restart';
  if (previous === 'gave_up') return ', where the process before it had to give up';
  if (verdict === 'v1' && (previous === 'fell_back_to_v1alpha2' || previous === 'v1alpha2'))
    return ', and so left v1alpha2 behind';
  return '';
};

/** One sentence for a node engineer: what happened, and what to do. */
export const explain = (told: Told): string => {
  const { verdict, service, endpoint, probes, inferred } = told;
  const kubelet = isKubelet(told.caller.comm);
  const who = told.caller.comm ?? 'the client';
  const asked = probes.map((probe) => probe.method).join(' and ');
  const status = probes.at(-1)?.status ?? 'no answer';
  switch (verdict) {
    case 'v1':
      return `${who} and the runtime agreed on ${service} v1${served(told)}: nothing to do.`;
    case 'v1alpha2':
      return `${who} uses the deprecated ${service} v1alpha2 ${
        inferred
          ? '(it was connected before critrace, so whether it asked for v1 was not seen)'
          : 'without asking for v1'
      }${isNobody(told.caller) ? served(told) : ''}: upgrade ${who} before the runtime drops v1alpha2 (containerd 2.0, CRI-O 1.26).`;
    case 'fell_back_to_v1alpha2':
      return `${who} asked for ${service} v1, which the runtime does not serve, and fell back to the deprecated v1alpha2: upgrade the runtime to one that serves v1, then restart ${who}, which keeps its choice for life.`;
    case 'gave_up':
      return `${who} found no version of ${service} at ${endpoint} that it can use (${asked}: ${status}) and gave up${again(told)}${
        kubelet
          ? '; the node does not register until the runtime serves a version this kubelet knows: upgrade or repair the runtime, or run a matching kubelet.'
          : ': use a client that matches the runtime, or check that the CRI plugin of the runtime is loaded.'
      }`;
    case 'version_refused_after_upgrade':
      return `The runtime at ${endpoint} no longer serves the version of ${service} that ${who} ${
        inferred ? 'takes for granted (inferred: it did not ask)' : 'chose before'
      }, and every such call fails${again(told)}: restart ${who} so that it chooses anew${
        kubelet ? '; until then the node cannot start or stop pods.' : '.'
      }`;
    case 'undetermined':
      return probes.length === 0
        ? `${who} was connected before critrace and has not shown which version of ${service} it uses: its next connection will.`
        : `${who} asked for ${service} (${asked}: ${status}) and neither went on nor left yet: watch whether it tries again.`;
  }
};
