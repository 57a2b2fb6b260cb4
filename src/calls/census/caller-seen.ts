import type { Nanos } from '../../foundation/time.ts';
import type { Caller } from '../caller.ts';
import type { Residence, Resident } from './residence.ts';

/** `other`: of a service that is not of the CRI. `unknown`: the path was not seen. */
export type UsedVersion = 'v1' | 'v1alpha2' | 'other' | 'unknown';

/** A program that uses an API version: told with its first call, and, with how often it did, at the end of the input. */
export interface CallerSeen {
  readonly revision: number;
  /** Of its first call. */
  readonly connection: number;
  readonly endpoint: string;
  /** Its first process. */
  readonly caller: Caller;
  readonly residence: Residence | null;
  /** Who that is, where messages named it by now. */
  readonly resident: Resident | null;
  readonly version: UsedVersion;
  readonly processes: number;
  readonly calls: number;
  readonly errors: number;
  readonly start: Nanos | null;
  readonly end: Nanos | null;
  readonly explanation: string;
}

/** Others do not say that an API version is in use. */
export const isTold = (version: UsedVersion): boolean => version === 'v1' || version === 'v1alpha2';

/** Where a person finds the program. */
export const placeText = (residence: Residence | null, resident: Resident | null): string | null => {
  if (residence === null) return null;
  if (resident !== null) {
    const { pod, containerName } = resident;
    const container = containerName === null ? '' : `, container ${containerName}`;
    return `pod ${pod.namespace ?? '?'}/${pod.name ?? '?'}${container}`;
  }
  if (residence.podUid !== null) return `pod ${residence.podUid}`;
  if (residence.containerId !== null) return `container ${residence.containerId.slice(0, 13)}`;
  return residence.unit;
};

export const explainCaller = (told: Omit<CallerSeen, 'explanation'>): string => {
  const place = placeText(told.residence, told.resident);
  const who = `${told.caller.comm ?? 'a program'}${place === null ? '' : ` in ${place}`}`;
  // A kubelet that falls back asks for v1 first; its question alone is no use of it.
  const uses = told.errors === told.calls ? 'tried' : 'uses';
  const how = `${told.calls} ${told.calls === 1 ? 'call' : 'calls'} of ${told.processes === 1 ? 'one process' : `${told.processes} processes`}`;
  return told.version === 'v1alpha2'
    ? `${who} ${uses} the deprecated v1alpha2 (${how}): upgrade or reconfigure it before the runtime drops v1alpha2 (containerd 2.0, CRI-O 1.26).`
    : `${who} ${uses} ${told.version}${uses === 'tried' ? ' and got nothing but errors' : ''} (${how}).`;
};
