import { setTimeout } from 'node:timers/promises';
import { wantsColour } from '../export/colour.ts';
import type { Exported } from '../export/sink.ts';
import { renderStoredSpan } from '../export/stored-span-line.ts';
import type { Span } from '../spans/span.ts';
import { callOfSpan } from '../store/call-of-span.ts';
import type { Filter } from '../store/condition.ts';
import { foundKinds, rowOf } from '../store/row.ts';
import { endOf, rowMatcher, selectRows } from '../store/select.ts';
import type { Store } from '../store/store.ts';
import type { CommandContext } from './command.ts';
import type { FilterFlags } from './filter-flags.ts';
import type { OutputFormat } from './format-flag.ts';
import { openStored, warnOfDamage } from './open-stored.ts';
import { createOtlpLines } from './otlp-lines.ts';
import { createOutput } from './output.ts';
import { createPrinter } from './printer.ts';
import { storedSpanLine } from './stored-span-json.ts';
import { packageVersion } from './version.ts';

export interface TailRequest {
  readonly path: string | null;
  readonly configured: string | null;
  readonly format: OutputFormat;
  readonly follow: boolean;
  readonly filters: FilterFlags;
}

const defaultLast = 20;

/** A writer writes twice a second. */
const pollMs = 250;

type Print = (spans: readonly Span[]) => string | Uint8Array;

/** Calls as `observe` shows them; what is no call by its span. */
const createPrint = async (format: OutputFormat, context: CommandContext): Promise<Print> => {
  if (format === 'otlp') return createOtlpLines(packageVersion());
  const printer = await createPrinter(format, packageVersion(), context);
  const asCall = (span: Span): Exported => ({
    finding: { kind: 'call', call: callOfSpan(span) },
    spans: [span],
  });
  const colour = wantsColour(context.stdout.isTTY === true, context.env);
  const other = format === 'json' ? storedSpanLine : (span: Span) => renderStoredSpan(span, { colour });
  return (spans) =>
    spans.map((span) => (span.kind === 'client' ? printer([asCall(span)]) : `${other(span)}\n`)).join('');
};

/** The spans of these rows, in their order. */
const spansOf = async (store: Store, ordinals: readonly number[]): Promise<readonly Span[]> => {
  const { rows } = store.index;
  const wanted = new Map(ordinals.map((ordinal, place) => [rows.at(ordinal).spanId, place]));
  const spans = await store.spansAt(ordinals, (span) => wanted.has(span.spanId) && rowOf(span) !== null);
  return [...spans].sort((a, b) => (wanted.get(a.spanId) ?? 0) - (wanted.get(b.spanId) ?? 0));
};

const added = ({ index: { rows } }: Store, filter: Filter, from: number): readonly number[] => {
  const matches = rowMatcher(rows, filter, foundKinds);
  const found: number[] = [];
  for (let ordinal = Math.max(from, rows.first); ordinal < rows.first + rows.size; ordinal++)
    if (matches(ordinal)) found.push(ordinal);
  return found;
};

export const runTail = async (request: TailRequest, context: CommandContext): Promise<void> => {
  const { filters, follow } = request;
  const { signal } = context;
  const stored = await openStored(request.path, request.configured, context);
  const { store } = stored;
  const { rows } = store.index;
  const filter = filters.filter(endOf(rows));
  const print = await createPrint(request.format, context);
  const output = createOutput(context.stdout, signal);
  const timed = filter.wanted.some(({ field }) => field === 'since' || field === 'until');
  const limit = filters.last() ?? (timed ? rows.size : defaultLast);
  const show = async (ordinals: readonly number[]): Promise<void> => {
    if (ordinals.length === 0) return;
    await output.write(print(await spansOf(store, ordinals)));
    await output.flush();
  };
  let next = rows.first + rows.size;
  await show([...selectRows(rows, { filter, kinds: foundKinds, limit })].reverse());
  while (follow && stored.kind !== 'capture' && !signal.aborted) {
    await setTimeout(pollMs, undefined, { signal }).catch(() => undefined);
    await store.refresh();
    const from = next;
    next = rows.first + rows.size;
    await show(added(store, filter, from));
  }
  warnOfDamage(stored, context);
};
