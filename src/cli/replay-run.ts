import { createLateNameCounters, withLateNames } from '../export/late-names.ts';
import { type CaptureRequest, withCapture } from './capture.ts';
import type { CommandContext } from './command.ts';
import type { OutputFormat } from './format-flag.ts';
import { printFindings } from './print-findings.ts';
import { createPrinter } from './printer.ts';
import { packageVersion } from './version.ts';

export type ReplayRequest = Omit<CaptureRequest, 'spans'> & { readonly format: OutputFormat };

export const runReplay = (request: ReplayRequest, context: CommandContext): Promise<void> =>
  withCapture({ ...request, spans: request.format !== 'compact' }, context, async ({ batches, filter }) => {
    const printer = await createPrinter(request.format, packageVersion(), context);
    const last = request.filters.last();
    const told = request.format === 'otlp' ? withLateNames(batches, createLateNameCounters()) : batches;
    await printFindings(told, { printer, filter, last, live: request.pace !== null }, context);
  });
