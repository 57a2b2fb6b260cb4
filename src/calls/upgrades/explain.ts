import type { Caller } from '../caller.ts';
import { secondsText } from '../unreturned/symptom.ts';
import type { RuntimeSeen, Upgrade, UpgradeEvent } from './upgrade.ts';

const nameOf = ({ name, comm, version }: RuntimeSeen): string =>
  `${name ?? comm ?? 'the runtime'}${version === null ? '' : ` ${version}`}`;

const runtimeTexts = ({ before, after, events }: Omit<Upgrade, 'explanation'>): string[] => {
  const refused = events.reduce((sum, event) => sum + (event.kind === 'unreachable' ? event.count : 0), 0);
  const away = refused === 0 ? [] : [`nobody listened (${refused}x)`];
  if (before === null || after === null || !events.some(({ kind }) => kind === 'runtime')) return away;
  const [was, is] = [nameOf(before), nameOf(after)];
  // What it is shows with its first reply to Version.
  const isSame = was === is || (after.version === null && after.comm === before.comm);
  return [...away, isSame ? `${was} was started again` : `${was} was replaced by ${is}`];
};

/** One without a name is here for its user agent, which a kubelet had that used the endpoint before. */
const callerText = ({ comm, userAgent }: Caller): string =>
  comm ?? `a client with a kubelet's user agent (${userAgent ?? 'unknown'})`;

const verdictText = (event: Extract<UpgradeEvent, { kind: 'verdict' }>): string => {
  const who = `${callerText(event.caller)} (${event.service})`;
  switch (event.change) {
    case 'refused_restart_needed':
      return `${who} is refused and needs a restart`;
    case 'gave_up':
      return event.count > 1 ? `${who} gave up ${event.count} times in a row` : `${who} gave up`;
    case 'fell_back':
      return `${who} fell back to v1alpha2`;
    case 'upgraded_v1alpha2_to_v1':
      return `${who} went from v1alpha2 to v1`;
    case 'restarted_recovered':
      return `${who} was restarted and recovered`;
    case 'recovered':
      return `${who} recovered without a restart`;
    default:
      return `${who} was restarted`;
  }
};

/** The last verdict on each service is what stands. */
const verdicts = (events: readonly UpgradeEvent[]): string[] => {
  const last = new Map<string, string>();
  for (const event of events) {
    if (event.kind !== 'verdict') continue;
    last.delete(event.service);
    last.set(event.service, verdictText(event));
  }
  return [...last.values()];
};

const unservedText = ({ unserved, end }: Omit<Upgrade, 'explanation'>): string[] => {
  const longest = unserved.reduce<bigint>((most, { since, until }) => {
    const took = (until ?? end) - since;
    if (took <= most) return most;
    return took;
  }, 0n);
  if (unserved.length === 0) return [];
  return [
    unserved.some(({ until }) => until === null)
      ? `no call was served for ${secondsText(longest)} so far`
      : `no call was served for ${secondsText(longest)}`,
  ];
};

const adviceOf = ({ isOver, events }: Omit<Upgrade, 'explanation'>): string => {
  if (isOver) return 'all is served again';
  const last = events.findLast((event) => event.kind === 'verdict');
  if (last?.kind === 'verdict' && last.change === 'refused_restart_needed') return 'restart the kubelet';
  if (last?.kind === 'verdict' && last.change === 'gave_up')
    return 'upgrade or repair the runtime, or run a kubelet that matches it';
  return 'watch whether calls are served again';
};

/** What happened, how long it took, and what is left to do. */
export const explainUpgrade = (told: Omit<Upgrade, 'explanation'>): string => {
  const parts = [...runtimeTexts(told), ...verdicts(told.events), ...unservedText(told)];
  return `At ${told.endpoint}: ${parts.join('; ')}: ${adviceOf(told)}.`;
};
