import type { CriCall } from '../../cri/call.ts';
import type { CriSchema } from '../../cri/schema.ts';
import type { ConnectionFacts } from '../assemble.ts';
import { isKubelet } from '../kubelet.ts';
import { type Candidate, compileCandidates } from './candidates.ts';
import { createClients } from './clients.ts';
import { createInference } from './inference.ts';
import { defaultInferenceLimits, type InferenceCounters, type InferenceLimits } from './limits.ts';
import { createNamer, type Namer } from './namer.ts';

/** Makes what names the calls of a connection, when the first without a path is met. */
export type CreateNamer = (
  connection: Pick<ConnectionFacts, 'client' | 'endpoint'>,
  beginCri: (path: string) => CriCall | null,
) => Namer;

export const createInferences = (
  schema: CriSchema,
  counters: InferenceCounters,
  limits: InferenceLimits = defaultInferenceLimits,
): CreateNamer => {
  const clients = createClients(limits.maxClients);
  let candidates: readonly Candidate[] | null = null;
  return ({ client, endpoint }, beginCri) => {
    candidates ??= compileCandidates(schema);
    const of = clients.of(client, endpoint);
    const clientIsKubelet = isKubelet(client.comm);
    const inference = createInference({
      candidates,
      client: of,
      clientIsKubelet,
      endpoint,
      limits,
      counters,
    });
    return createNamer(inference, beginCri, limits, counters);
  };
};
