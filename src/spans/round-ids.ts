import { hash } from 'node:crypto';
import type { Call } from '../calls/call.ts';
import type { RoundHead } from '../calls/rounds/round.ts';
import { idsOfCall, notAllZeros } from './ids.ts';
import type { Span } from './span.ts';
import type { SpanParent } from './traceparent.ts';

/** Of a round's trace and root span: they follow from the call that it began with. */
export const idsOfRound = (identity: string, head: RoundHead): { traceId: string; spanId: string } => {
  const digest = hash('sha256', `round\n${idsOfCall(identity, head).clientSpanId}`);
  return { traceId: notAllZeros(digest.slice(0, 32)), spanId: notAllZeros(digest.slice(32, 48)) };
};

const none: readonly never[] = [];

/** The round that a call without a `traceparent` is a part of. */
export const roundParentOf = (identity: string, { round }: Call): SpanParent | null =>
  round === null
    ? null
    : { ...idsOfRound(identity, round.head), traceFlags: 1, traceState: null, isRemote: false };

/** To the round of a call that has another parent. */
export const roundLinksOf = (identity: string, { round }: Call, hasOtherParent: boolean): Span['links'] =>
  round === null || !hasOtherParent ? none : [{ ...idsOfRound(identity, round.head), attributes: {} }];
