import { createExportCounters } from '../export/counters.ts';
import { loadOtel } from '../export/otel.ts';
import { createOtlpJsonLine } from '../export/otlp-json.ts';
import { createToReadable } from '../export/otlp-span.ts';
import { defaultSpanLimits } from '../export/span-limits.ts';
import type { Span } from '../spans/span.ts';

/** One line of the OTLP file format for all the spans together. */
export const createOtlpLines = async (
  version: string,
): Promise<(spans: readonly Span[]) => string | Uint8Array> => {
  const toReadable = createToReadable(await loadOtel(), version, defaultSpanLimits, createExportCounters());
  const lineOf = await createOtlpJsonLine(toReadable);
  return (spans) => (spans.length === 0 ? '' : lineOf(spans));
};
