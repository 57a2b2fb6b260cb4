import { findMethod } from './cri/methods.ts';
import type { SpansOf } from './observe.ts';
import type { ObservationMode } from './spans/call-attributes.ts';
import { spansOfCall } from './spans/call-spans.ts';
import type { HostFacts } from './spans/host.ts';
import { defaultSpanLimits, type SpanCounters } from './spans/limits.ts';
import { createResourceBook } from './spans/resources.ts';

export interface CallSpansOptions {
  /** Of the source: span ids are derived from it. */
  readonly identity: string;
  readonly host: HostFacts;
  readonly mode: ObservationMode;
  readonly version: string;
  readonly counters: SpanCounters;
}

/** How the calls of one source become spans. */
export const createCallSpans = (options: CallSpansOptions): SpansOf => {
  const { identity, host, mode, version, counters } = options;
  const context = {
    identity,
    mode,
    counters,
    resources: createResourceBook(host, version, defaultSpanLimits, counters),
    recognises: (method: string) => findMethod(method) !== null,
    parentOf: () => null,
  };
  const whileInputLasts = { ...context, endOfInput: null };
  return (call, endOfInput) =>
    spansOfCall(call, endOfInput === null ? whileInputLasts : { ...context, endOfInput });
};
