import type { Exported } from '../export/sink.ts';
import type { CommandContext } from './command.ts';
import type { OutputFormat } from './format-flag.ts';

/** The text of a batch of findings in the form that was asked for, with its newlines. */
export type Printer = (batch: readonly Exported[]) => string | Uint8Array;

export const createPrinter = async (
  format: OutputFormat,
  version: string,
  context: CommandContext,
): Promise<Printer> => {
  switch (format) {
    case 'compact': {
      const [{ isShown, renderCompact }, { wantsColour }] = await Promise.all([
        import('../export/compact.ts'),
        import('../export/colour.ts'),
      ]);
      const options = { colour: wantsColour(context.stdout.isTTY === true, context.env) };
      return (batch) =>
        batch
          .filter(({ finding }) => isShown(finding))
          .map(({ finding }) => `${renderCompact(finding, options)}\n`)
          .join('');
    }
    case 'json': {
      const { findingLine } = await import('../export/finding-json.ts');
      return (batch) => batch.map(({ finding, spans }) => `${findingLine(finding, spans)}\n`).join('');
    }
    case 'otlp': {
      const { createOtlpLines } = await import('./otlp-lines.ts');
      const lines = await createOtlpLines(version);
      // A span is told once: what is learnt of its call later cannot change it.
      const isFirst = ({ finding }: Exported): boolean =>
        finding.kind !== 'call' || finding.call.revision === 0;
      return (batch) => lines(batch.filter(isFirst).flatMap(({ spans }) => spans));
    }
  }
};
