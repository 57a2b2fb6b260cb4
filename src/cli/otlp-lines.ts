import { createExportCounters } from '../export/counters.ts';
import { loadOtel } from '../export/otel.ts';
import { createOtlpJsonLine } from '../export/otlp-json.ts';
import { createToReadable, defaultAttributeLimits } from '../export/otlp-span.ts';
import type { Printer } from './printer.ts';

/** One line of the OTLP file format per batch. */
export const createOtlpLines = async (version: string): Promise<Printer> => {
  const toReadable = createToReadable(
    await loadOtel(),
    version,
    defaultAttributeLimits,
    createExportCounters(),
  );
  const lineOf = await createOtlpJsonLine(toReadable);
  return (batch) => {
    const spans = batch.flatMap((exported) => exported.spans);
    return spans.length === 0 ? '' : lineOf(spans);
  };
};
