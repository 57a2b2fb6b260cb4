import type { Nanos } from '../../foundation/time.ts';

export type ApiVersion = 'v1' | 'v1alpha2';

export type CriService = 'RuntimeService' | 'ImageService';

/**
 * What became of the choice of an API version by one process, for one service of one endpoint.
 * docs/findings.md says what each one takes and what it does not prove.
 */
export type Verdict =
  | 'v1'
  | 'v1alpha2'
  | 'fell_back_to_v1alpha2'
  | 'gave_up'
  | 'version_refused_after_upgrade'
  | 'undetermined';

/** What one ended call says about an API version. */
export type Answer =
  /** The service was there and answered, whatever it answered. */
  | 'served'
  /** It broke off before an answer: the process uses the version, and nothing says that it is not there. */
  | 'used'
  /** UNIMPLEMENTED, "unknown service": the runtime does not have this version of the service. */
  | 'refused'
  /** The call that asks whether the version is there failed for another reason. */
  | 'failed'
  /** Says nothing: an unknown method of a known service, a call without an answer yet. */
  | 'silent';

/** The first call of a process on each API version it tried. */
export interface Probe {
  readonly method: string;
  readonly status: string | null;
  readonly at: Nanos;
}

/** All that a process was seen to do with the API versions of one service. */
export interface Evidence {
  readonly tried: Set<ApiVersion>;
  readonly served: Set<ApiVersion>;
  /** Versions whose latest answer was that the service is not there. */
  readonly refused: Set<ApiVersion>;
  /** Refused although no probe asked: the process took it for granted, so it was served before. */
  takenForGranted: boolean;
  /** A call that asks for a version failed for another reason than that it is not there. */
  failed: boolean;
  /** A call ended whose service or version could not be read: it may have been another try. */
  unread: boolean;
  /** All connections of the process are closed. */
  gone: boolean;
}

export const createEvidence = (): Evidence => ({
  tried: new Set(),
  served: new Set(),
  refused: new Set(),
  takenForGranted: false,
  failed: false,
  unread: false,
  gone: false,
});

/** The verdict that the evidence allows now. */
export const verdictOf = ({ served, refused, takenForGranted, failed, unread, gone }: Evidence): Verdict => {
  for (const version of served) if (refused.has(version)) return 'version_refused_after_upgrade';
  if (served.has('v1')) return 'v1';
  if (served.has('v1alpha2')) return refused.has('v1') ? 'fell_back_to_v1alpha2' : 'v1alpha2';
  if (takenForGranted) return 'version_refused_after_upgrade';
  if (refused.has('v1') && refused.has('v1alpha2')) return 'gave_up';
  return gone && !unread && (refused.size > 0 || failed) ? 'gave_up' : 'undetermined';
};
