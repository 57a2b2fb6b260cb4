import type { Exported } from '../export/sink.ts';
import type { Filter } from '../store/condition.ts';
import type { CommandContext } from './command.ts';
import { matches } from './filter.ts';
import { createLast } from './last.ts';
import { createOutput } from './output.ts';
import type { Printer } from './printer.ts';

export interface PrintOptions {
  readonly printer: Printer;
  readonly filter: Filter;
  /** Only the last so many, when the input has ended. */
  readonly last: number | null;
  /** Each batch is shown when it was found, and not when enough has come together. */
  readonly live: boolean;
}

/** Prints what passes the filter until the input ends, or the signal says stop. */
export const printFindings = async (
  batches: AsyncIterable<readonly Exported[]>,
  { printer, filter, last, live }: PrintOptions,
  context: CommandContext,
): Promise<void> => {
  const output = createOutput(context.stdout, context.signal);
  const kept = last === null ? null : createLast<Exported>(last);
  for await (const batch of batches) {
    const wanted = batch.filter(({ finding }) => matches(filter, finding));
    if (kept !== null) for (const exported of wanted) kept.add(exported);
    else if (wanted.length > 0) {
      await output.write(printer(wanted));
      if (live) await output.flush();
    }
  }
  if (kept !== null) await output.write(printer(kept.items()));
  await output.flush();
};
