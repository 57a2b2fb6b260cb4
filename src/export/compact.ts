import type { Call } from '../calls/call.ts';
import type { Casualty } from '../calls/casualties/casualty.ts';
import type { CallerSeen } from '../calls/census/caller-seen.ts';
import type { ConnectionFinding, Finding } from '../calls/finding.ts';
import type { KernelStory } from '../calls/kernel/story.ts';
import type { Negotiation } from '../calls/negotiation/finding.ts';
import type { Phase, PodOperation } from '../calls/pods/operation.ts';
import type { Round } from '../calls/rounds/round.ts';
import type { Symptom } from '../calls/unreturned/symptom.ts';
import type { Upgrade } from '../calls/upgrades/upgrade.ts';
import { type Nanos, nanosPerSecond, toRfc3339 } from '../foundation/time.ts';
import {
  caveatText,
  durationText,
  messageText,
  methodText,
  podText,
  statusText,
  subjectText,
} from './call-text.ts';
import { type Colour, painter } from './colour.ts';
import { markText } from './kernel-text.ts';
import { cells, fit, terminalText } from './terminal-text.ts';

export interface CompactOptions {
  readonly colour: boolean;
}

/** `11:22:33.123456`, in UTC. */
const clockText = (at: Nanos | null): string => (at === null ? '-' : toRfc3339(at).slice(11, 26));

const timeWidth = 15;
const callerWidth = 10;
const methodWidth = 26;
const durationWidth = 8;

const durationOf = (call: Call): string =>
  call.start === null || call.end === null ? '-' : durationText(call.end - call.start);

const padStart = (text: string, width: number): string => ' '.repeat(Math.max(0, width - cells(text))) + text;

/** A column that grows rather than cuts: what stands in it is why the line is read. */
const column = (text: string, width: number): string => fit(text, Math.max(width, cells(text)));

const callLine = (call: Call, { colour }: CompactOptions): string => {
  const paint = painter(colour);
  const status = statusText(call);
  const subject = [podText(call), subjectText(call)].filter((part) => part !== null && part !== '').join(' ');
  const message = messageText(call);
  const caveat = caveatText(call);
  const line = [
    paint('dim', fit(clockText(call.start ?? call.end), timeWidth)),
    fit(terminalText(call.caller.comm ?? '?'), callerWidth),
    paint('bold', column(methodText(call), methodWidth)),
    padStart(durationOf(call), durationWidth),
    paint(status.colour, column(status.text, 2)),
    subject,
    message === '' ? '' : paint('dim', `"${message}"`),
    caveat === '' ? '' : paint('yellow', `[${caveat}]`),
  ];
  return line.filter((part) => part !== '').join(' ');
};

const connectionText = (found: ConnectionFinding): string => {
  switch (found.finding) {
    case 'refused':
      return `the runtime could not be reached at ${terminalText(found.endpoint)} (${found.count}x)`;
    case 'not_http2':
      return `connection ${found.connection} does not speak HTTP/2: left alone`;
    case 'joined':
      return `connection ${found.connection} is older than this observation: methods may stay unknown`;
    case 'gap':
      return `connection ${found.connection}: ${found.count} bytes not seen`;
  }
};

const connectionLine = (found: ConnectionFinding, { colour }: CompactOptions): string => {
  const paint = painter(colour);
  const detail = found.detail === null ? '' : ` (${terminalText(found.detail)})`;
  return [
    paint('dim', fit(clockText(found.at), timeWidth)),
    fit(terminalText(found.caller.comm ?? '?'), callerWidth),
    paint('yellow', `${connectionText(found)}${detail}`),
  ].join(' ');
};

const verdictColour = ({ verdict }: Negotiation): Colour => {
  switch (verdict) {
    case 'v1':
      return 'green';
    case 'v1alpha2':
    case 'fell_back_to_v1alpha2':
    case 'undetermined':
      return 'yellow';
    case 'gave_up':
    case 'version_refused_after_upgrade':
      return 'red';
  }
};

const negotiationLine = (found: Negotiation, { colour }: CompactOptions): string => {
  const paint = painter(colour);
  return [
    paint('dim', fit(clockText(found.end), timeWidth)),
    fit(terminalText(found.caller.comm ?? '?'), callerWidth),
    paint('bold', column(`${found.service} version`, methodWidth)),
    paint(verdictColour(found), found.verdict),
    paint('dim', terminalText(found.explanation)),
  ].join(' ');
};

const callerLine = (seen: CallerSeen, { colour }: CompactOptions): string => {
  const paint = painter(colour);
  return [
    paint('dim', fit(clockText(seen.end), timeWidth)),
    fit(terminalText(seen.caller.comm ?? '?'), callerWidth),
    paint('bold', column('caller', methodWidth)),
    paint(seen.version === 'v1alpha2' ? 'yellow' : 'dim', terminalText(seen.explanation)),
  ].join(' ');
};

const operationTexts: Readonly<Record<PodOperation['key']['kind'], string>> = {
  pod_start: 'pod start',
  container_start: 'container start',
  pod_stop: 'pod stop',
};

const operationColour = ({ outcome }: PodOperation): Colour =>
  outcome === 'running' || outcome === 'stopped'
    ? 'green'
    : outcome === 'failed' || outcome === 'timed_out'
      ? 'red'
      : 'yellow';

const phaseText = (phase: Phase): string => {
  const of = phase.container ?? phase.image;
  const failed = phase.status === null || phase.status === 'OK' ? '' : ` ${phase.status}`;
  const name = phase.phase.replaceAll('_', ' ');
  return terminalText(
    `${name}${of === null ? '' : ` ${of}`} ${durationText(phase.end - phase.start)}${failed}`,
  );
};

/** Phases of one line: what is beyond them is in the other forms of output. */
const phasesShown = 12;

const phasesText = ({ phases, phasesDropped }: PodOperation): string => {
  const shown = phases.slice(0, phasesShown).map(phaseText);
  const more = phases.length - shown.length + phasesDropped;
  return `(${[...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ')})`;
};

const operationLine = (found: PodOperation, { colour }: CompactOptions): string => {
  const paint = painter(colour);
  const { pod, key } = found;
  const name = `${pod.namespace ?? '?'}/${pod.name ?? key.pod}`;
  const container = key.container === null ? '' : ` ${key.container} #${key.generation}`;
  const detail = found.detail === null ? '' : `: ${found.detail}`;
  return [
    paint('dim', fit(clockText(found.start), timeWidth)),
    fit(terminalText(found.caller.comm ?? '?'), callerWidth),
    paint('bold', column(operationTexts[key.kind], methodWidth)),
    padStart(durationText(found.end - found.start), durationWidth),
    paint(operationColour(found), terminalText(`${found.outcome}${detail}`)),
    terminalText(`${name}${container}`),
    paint('dim', phasesText(found)),
  ].join(' ');
};

const roundLine = (found: Round, { colour }: CompactOptions): string => {
  const paint = painter(colour);
  return [
    paint('dim', fit(clockText(found.start), timeWidth)),
    fit(terminalText(found.caller.comm ?? '?'), callerWidth),
    paint('bold', column(found.kind.replaceAll('_', ' '), methodWidth)),
    padStart(durationText(found.end - found.start), durationWidth),
    paint(found.errors > 0 || found.isUnhealthy ? 'red' : 'dim', terminalText(found.explanation)),
  ].join(' ');
};

const upgradeLine = (found: Upgrade, { colour }: CompactOptions): string => {
  const paint = painter(colour);
  return [
    paint('dim', fit(clockText(found.end), timeWidth)),
    fit(terminalText(found.caller.comm ?? '?'), callerWidth),
    paint('bold', column('runtime change', methodWidth)),
    paint(found.isOver ? 'green' : 'red', terminalText(found.explanation)),
  ].join(' ');
};

/** Rounds that brought nothing new are told in numbers elsewhere. */
const isUneventful = ({ pods, errors, isUnhealthy, start, end }: Round): boolean =>
  pods === 0 && errors === 0 && !isUnhealthy && end - start < nanosPerSecond;

/** Whether a finding has a line for a person: each turn of a loop, of a kubelet or a crash, has none. */
export const isShown = (finding: Finding): boolean => {
  switch (finding.kind) {
    case 'round':
      return !isUneventful(finding.round);
    case 'negotiation':
      return finding.negotiation.loop?.isTold !== false;
    default:
      return true;
  }
};

const symptomLine = (found: Symptom, { colour }: CompactOptions): string => {
  const paint = painter(colour);
  return [
    paint('dim', fit(clockText(found.end), timeWidth)),
    fit(terminalText(found.caller.comm ?? '?'), callerWidth),
    paint('bold', column(found.kind.replaceAll('_', ' '), methodWidth)),
    paint(found.kind === 'stream_interval' ? 'dim' : 'yellow', terminalText(found.explanation)),
  ].join(' ');
};

const casualtyLine = (found: Casualty, { colour }: CompactOptions): string => {
  const paint = painter(colour);
  return [
    paint('dim', fit(clockText(found.end), timeWidth)),
    fit('kernel', callerWidth),
    paint('bold', column(found.kind === 'oom_kill' ? 'OOM kill' : 'frozen', methodWidth)),
    paint(found.kind === 'frozen' && found.ended ? 'yellow' : 'red', terminalText(found.explanation)),
  ].join(' ');
};

const kernelLine = (call: Call, story: KernelStory, { colour }: CompactOptions): string => {
  const paint = painter(colour);
  const lost = story.lostRecords === 0 ? '' : `[${story.lostRecords} events lost: parts may be missing]`;
  const line = [
    paint('dim', fit(clockText(story.from), timeWidth)),
    fit(terminalText(call.server.comm ?? 'runtime'), callerWidth),
    paint('bold', column(methodText(call), methodWidth)),
    padStart(durationText(story.to - story.from), durationWidth),
    paint('dim', terminalText(story.breakdown)),
    paint('yellow', lost),
    paint('red', terminalText(story.marks.map(markText).join(', '))),
  ];
  return line.filter((part) => part !== '').join(' ');
};

/** One line of a finding that `isShown` (`-o compact`), without its newline. */
export const renderCompact = (finding: Finding, options: CompactOptions): string => {
  switch (finding.kind) {
    case 'call':
      return callLine(finding.call, options);
    case 'connection':
      return connectionLine(finding.connection, options);
    case 'negotiation':
      return negotiationLine(finding.negotiation, options);
    case 'caller':
      return callerLine(finding.seen, options);
    case 'round':
      return roundLine(finding.round, options);
    case 'upgrade':
      return upgradeLine(finding.upgrade, options);
    case 'symptom':
      return symptomLine(finding.symptom, options);
    case 'casualty':
      return casualtyLine(finding.casualty, options);
    case 'kernel':
      return kernelLine(finding.call, finding.story, options);
    case 'operation':
      return operationLine(finding.operation, options);
  }
};
