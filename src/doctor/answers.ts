import { type ApiVersion, methodCodecs, text } from '../demo/codec.ts';
import { createCriClient } from '../demo/cri-client.ts';
import type { Clock } from '../foundation/clock.ts';
import { scrubText } from '../foundation/scrub.ts';

/** What the runtime said to the first question that a kubelet asks of a service in one API version. */
export interface Answer {
  readonly version: ApiVersion;
  readonly rpc: 'Version' | 'ImageFsInfo';
  /** gRPC status by name; `OK` is being served. */
  readonly status: string;
  readonly message: string;
  readonly runtimeName: string | null;
  readonly runtimeVersion: string | null;
  /** `VersionResponse.version`: every kubelet wants "0.1.0". */
  readonly kubeletApi: string | null;
}

export const apiVersions = ['v1', 'v1alpha2'] as const satisfies readonly ApiVersion[];
const questions = ['Version', 'ImageFsInfo'] as const;

/** A runtime that takes longer to say its version does not serve a kubelet well either. */
const patienceMs = 5_000;

const orNull = (value: string): string | null => (value === '' ? null : value);

/** Asks on one connection, as a kubelet does. Never rejects: what fails is an answer. */
export const askRuntime = async (socket: string, clock: Clock): Promise<readonly Answer[]> => {
  const client = createCriClient({ socket, clock, record: () => undefined });
  try {
    const answers: Answer[] = [];
    for (const version of apiVersions) {
      const codecs = methodCodecs(version);
      for (const rpc of questions) {
        const codec = codecs.get(rpc);
        if (codec === undefined) continue;
        const { record, response } = await client.call(codec, {}, { timeoutMs: patienceMs });
        answers.push({
          version,
          rpc,
          status: record.code,
          message: scrubText(record.details),
          runtimeName: orNull(text(response, 'runtime_name')),
          runtimeVersion: orNull(text(response, 'runtime_version')),
          kubeletApi: orNull(text(response, 'version')),
        });
      }
    }
    return answers;
  } finally {
    client.close();
  }
};
