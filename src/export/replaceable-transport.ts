import type { Span } from '../spans/span.ts';
import type { OtlpTransport, SendResult } from './otlp-grpc.ts';

export interface ReplaceableTransport extends OtlpTransport {
  /** Requests from now on go to `next`. What is under way ends where it began, and its answer counts. */
  replace(next: OtlpTransport): void;
}

/**
 * A transport whose place another can take while a request is under way: no span is sent to both because of it, and none
 * to neither. What the one that left could not take goes to its successor at once.
 */
export const createReplaceableTransport = (first: OtlpTransport): ReplaceableTransport => {
  let current = first;
  let answered: Promise<unknown> = Promise.resolve();
  const leaving = new Set<OtlpTransport>();

  const send = async (spans: readonly Span[]): Promise<SendResult> => {
    const asked = current;
    const result = await asked.send(spans);
    return result.kind === 'retry' && current !== asked ? send(spans) : result;
  };

  return {
    send(spans) {
      const answer = send(spans);
      answered = answer.catch(() => undefined);
      return answer;
    },
    replace(next) {
      const gone = current;
      current = next;
      leaving.add(gone);
      void answered.then(() => {
        leaving.delete(gone);
        return gone.close();
      });
    },
    async close() {
      await Promise.all([...leaving, current].map((transport) => transport.close()));
    },
  };
};
