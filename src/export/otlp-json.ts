import type { Span } from '../spans/span.ts';
import type { ToReadable } from './otlp-span.ts';

/** One line of the OTLP file format (`{"resourceSpans":[...]}` and a newline) for all the spans together. */
export type OtlpJsonLine = (spans: readonly Span[]) => Uint8Array;

const newline = Uint8Array.of(10);

export const createOtlpJsonLine = async (toReadable: ToReadable): Promise<OtlpJsonLine> => {
  const { JsonTraceSerializer } = await import('@opentelemetry/otlp-transformer');
  return (spans) => {
    const line = JsonTraceSerializer.serializeRequest(spans.map(toReadable));
    return line === undefined ? new Uint8Array() : Buffer.concat([line, newline]);
  };
};
