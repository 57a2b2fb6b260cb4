import type { Verdict } from './verdict.ts';

/** How a process stands to the one of its kind before it. */
export type Change =
  /** None was seen before. */
  | 'first'
  /** Another process, the same version. */
  | 'restarted'
  | 'upgraded_v1alpha2_to_v1'
  | 'fell_back'
  | 'refused_restart_needed'
  | 'gave_up'
  /** The one before was refused or gave up; this one is served. */
  | 'restarted_recovered'
  /** The same process is served again. */
  | 'recovered'
  | 'undetermined';

const isDeprecated = (verdict: Verdict | null): boolean =>
  verdict === 'v1alpha2' || verdict === 'fell_back_to_v1alpha2';

const isBad = (verdict: Verdict | null): boolean =>
  verdict === 'gave_up' || verdict === 'version_refused_after_upgrade';

export const changeOf = (verdict: Verdict, previous: Verdict | null, told: Verdict | null): Change => {
  switch (verdict) {
    case 'undetermined':
      return 'undetermined';
    case 'gave_up':
      return 'gave_up';
    case 'version_refused_after_upgrade':
      return 'refused_restart_needed';
  }
  if (isBad(told)) return 'recovered';
  if (isBad(previous)) return 'restarted_recovered';
  if (verdict === 'v1' && isDeprecated(previous)) return 'upgraded_v1alpha2_to_v1';
  if (isDeprecated(verdict) && previous === 'v1') return 'fell_back';
  if (previous !== null) return 'restarted';
  return verdict === 'fell_back_to_v1alpha2' ? 'fell_back' : 'first';
};
