import type { Call } from './call.ts';

/** The calls that ended last, for facts that come late. Looked into only for frames of streams that are not open. */
export interface EndedCalls {
  add(call: Call): void;
  find(stream: number): Call | undefined;
  all(): readonly Call[];
}

export const createEndedCalls = (limit: number): EndedCalls => {
  const ring: Call[] = [];
  let next = 0;
  return {
    add(call) {
      if (limit < 1) return;
      ring[next] = call;
      next = (next + 1) % limit;
    },
    find: (stream) => ring.find((call) => call.stream === stream),
    all: () => ring,
  };
};
