import type { Call } from '../calls/call.ts';
import type { Finding } from '../calls/finding.ts';
import type { PodIdentity } from '../cri/facts.ts';
import type { Nanos } from '../foundation/time.ts';
import type { Condition, Filter } from '../store/condition.ts';

/** When a finding happened: a call's beginning, or its end where the beginning was not seen. */
const timeOf = (finding: Finding): Nanos | null => {
  switch (finding.kind) {
    case 'call':
      return finding.call.start ?? finding.call.end;
    case 'connection':
      return finding.connection.at;
    case 'negotiation':
      return finding.negotiation.end;
    case 'caller':
      return finding.seen.end;
    case 'round':
      return finding.round.start;
    case 'upgrade':
      return finding.upgrade.end;
    case 'operation':
      return finding.operation.start;
    case 'symptom':
      return finding.symptom.end;
    case 'casualty':
      return finding.casualty.end;
    case 'kernel':
      return finding.story.from;
  }
};

/** One that may be meant is shown: who asks for lists wants those too whose kind is not known. */
const methodMatches = ({ rpc, method, methodCandidates }: Call, pattern: RegExp): boolean =>
  [rpc, method, ...methodCandidates].some((name) => name !== null && pattern.test(name));

const podMatches = (pod: PodIdentity | null, condition: Extract<Condition, { field: 'pod' }>): boolean => {
  if (pod === null) return false;
  if (condition.namespace !== null && !(pod.namespace !== null && condition.namespace.test(pod.namespace))) {
    return false;
  }
  return condition.name.test(pod.name ?? '');
};

/** What is not known does not hold: a call whose end was not seen has no duration. */
const holds = (condition: Condition, finding: Finding): boolean => {
  switch (condition.field) {
    case 'since':
      return (timeOf(finding) ?? condition.at) >= condition.at;
    case 'until':
      return (timeOf(finding) ?? condition.at) <= condition.at;
  }
  if (finding.kind === 'operation') {
    const { pod, start, end } = finding.operation;
    if (condition.field === 'pod') return podMatches(pod, condition);
    return condition.field === 'min-duration' && end - start >= condition.atLeast;
  }
  if (finding.kind === 'round') {
    const { start, end } = finding.round;
    return condition.field === 'min-duration' && end - start >= condition.atLeast;
  }
  if (finding.kind === 'symptom') {
    const { calls, start, end } = finding.symptom;
    // Its last moment decides, not that of each call.
    if (condition.field === 'min-duration') return end - start >= condition.atLeast;
    return calls.some((call) => holds(condition, { kind: 'call', call }));
  }
  if (finding.kind === 'casualty') {
    const { pod, start, end } = finding.casualty;
    if (condition.field === 'pod') return podMatches(pod, condition);
    return condition.field === 'min-duration' && end - start >= condition.atLeast;
  }
  if (finding.kind !== 'call' && finding.kind !== 'kernel') return false;
  const { call } = finding;
  switch (condition.field) {
    case 'method':
      return methodMatches(call, condition.pattern);
    case 'pod':
      return podMatches(call.facts.pod, condition);
    case 'status':
      return call.result.status === condition.status;
    case 'min-duration':
      return call.start !== null && call.end !== null && call.end - call.start >= condition.atLeast;
  }
};

export const matches = ({ wanted, unwanted }: Filter, finding: Finding): boolean => {
  if (unwanted.some((condition) => holds(condition, finding))) return false;
  return wanted.every(({ field }) =>
    wanted.some((condition) => condition.field === field && holds(condition, finding)),
  );
};
