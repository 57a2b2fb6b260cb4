import type { Call } from '../calls/call.ts';
import type { RoundHead } from '../calls/rounds/round.ts';
import type { Ids } from './ids.ts';
import type { Span } from './span.ts';
import type { SpanParent } from './traceparent.ts';

/** How the calls of a round hang together. */
export interface RoundIds {
  /** Of a round's trace and root span: they follow from what names the call that it began with. */
  of(head: RoundHead): { readonly traceId: string; readonly spanId: string };
  /** The round that a call without a `traceparent` is a part of. */
  parentOf(call: Call): SpanParent | null;
  /** To the round of a call that has another parent. */
  linksOf(call: Call): Span['links'];
}

const none: readonly never[] = [];

/** Rounds whose ids are kept: what is forgotten is made anew. */
const maxKnown = 256;

export const createRoundIds = (ids: Ids): RoundIds => {
  /** All calls of a round share its head: they are made once for all of them, while they are close together. */
  const known = new Map<RoundHead, SpanParent>();
  const of = (head: RoundHead): SpanParent => {
    const before = known.get(head);
    if (before !== undefined) return before;
    const { traceId, spanId } = ids.ofRound(head);
    const parent: SpanParent = { traceId, spanId, traceFlags: 1, traceState: null, isRemote: false };
    if (known.size >= maxKnown) known.clear();
    known.set(head, parent);
    return parent;
  };
  return {
    of,
    parentOf: ({ round }) => (round === null ? null : of(round.head)),
    linksOf({ round }) {
      if (round === null) return none;
      const { traceId, spanId } = of(round.head);
      return [{ traceId, spanId, attributes: {} }];
    },
  };
};
