import type { CallerSeen } from '../calls/census/caller-seen.ts';
import type { CensusResult } from '../calls/census/census.ts';
import type { Residence, Resident } from '../calls/census/residence.ts';
import type { Nanos } from '../foundation/time.ts';
import { callerJson } from './caller-json.ts';

const time = (at: Nanos | null): string | null => (at === null ? null : String(at));

const placeJson = (residence: Residence | null, resident: Resident | null) => ({
  pod:
    resident === null
      ? null
      : {
          namespace: resident.pod.namespace,
          name: resident.pod.name,
          uid: resident.pod.uid,
          attempt: resident.pod.attempt,
        },
  container: resident?.containerName ?? null,
  pod_uid: residence?.podUid ?? null,
  container_id: residence?.containerId ?? null,
  unit: residence?.unit ?? null,
});

/** The `caller` line: a program that uses an API version. */
export const callerSeenJson = (seen: CallerSeen) => ({
  kind: 'caller',
  connection: seen.connection,
  revision: seen.revision,
  endpoint: seen.endpoint,
  caller: callerJson(seen.caller),
  runs_in: placeJson(seen.residence, seen.resident),
  api_version: seen.version,
  deprecated: seen.version === 'v1alpha2',
  processes: seen.processes,
  calls: seen.calls,
  errors: seen.errors,
  start: time(seen.start),
  end: time(seen.end),
  explanation: seen.explanation,
});

/** Who calls, as one object for a program. */
export const censusJson = ({ callers, uncounted }: CensusResult) => ({
  callers: callers.map((row) => ({
    endpoint: row.endpoint,
    comm: row.comm,
    uid: row.uid,
    user_agent: row.userAgent,
    runs_in: placeJson(row.residence, row.resident),
    processes: row.processes,
    pids: row.pids,
    calls: row.calls,
    api_versions: row.versions,
    deprecated: row.versions.v1alpha2 > 0,
    first: time(row.first),
    last: time(row.last),
    methods: row.methods.map((use) => ({
      method: use.method,
      api_version: use.version,
      calls: use.calls,
      errors: use.errors,
      first: time(use.first),
      last: time(use.last),
    })),
  })),
  uncounted,
});
