import { type RetryChain, secondsText, type TryEnd } from './symptom.ts';

type Told = Pick<
  RetryChain,
  'rpc' | 'subject' | 'cause' | 'count' | 'ends' | 'zombie' | 'outcome' | 'caller'
>;

const causes: Readonly<Record<TryEnd, string>> = {
  deadline: 'was given up at its deadline',
  cancelled: 'was cancelled by its client',
  connection_lost: 'lost its connection',
  name_reserved:
    'was told that the name is taken by a call that was not seen to succeed, so from before this observation',
  failed: 'failed',
  succeeded: 'succeeded',
  not_found: 'found nothing',
};

const shown = ({ zombie }: Told): string => {
  if (zombie === null) return '';
  const since = zombie.knownUntil === null ? '' : secondsText(zombie.knownUntil - zombie.since);
  switch (zombie.evidence) {
    case 'none':
      return '; whether the runtime went on with it cannot be seen, since a server sends nothing after a reset';
    case 'late_reply':
      return `; the runtime went on with it and answered ${since} later`;
    case 'name_reserved':
      return `; ${since} later its name was still taken: the runtime still works on it, or finished it after its client had gone`;
  }
};

const tries = ({ count, ends, outcome }: Told): string => {
  if (count === 1) return '';
  const reserved = ends.name_reserved ?? 0;
  const how = reserved === 0 ? '' : `, ${reserved} of them refused because the name was taken`;
  const end = {
    succeeded: ', the last one succeeded',
    not_found: ', until there was nothing left to do',
    no_more_tries: ', and then no more',
  };
  return `; ${count} tries so far${how}${outcome === null ? '' : end[outcome]}`;
};

const advice = ({ ends, cause, outcome }: Told): string =>
  outcome === 'succeeded' || outcome === 'not_found'
    ? 'find out what made the first one slow.'
    : (ends.name_reserved ?? 0) > 0
      ? 'tries cannot succeed before the first call is through or undone: look at what it waits for (slow disk, network plugin), not at the name.'
      : cause === 'cancelled'
        ? 'see why its client cancelled.'
        : 'look at what the runtime waits for (disk, network plugin, shim, registry).';

export const explainChain = (told: Told): string =>
  `${told.rpc} of ${told.subject.kind} ${told.subject.text} ${causes[told.cause]}${shown(told)}${tries(told)}: ${advice(told)}`;
