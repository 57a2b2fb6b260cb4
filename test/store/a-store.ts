import { parseOtlpLine } from '../../src/export/otlp-parse.ts';
import type { Span } from '../../src/spans/span.ts';
import { openFolderLines } from '../../src/store/folder-lines.ts';
import { createStoreCounters, defaultStoreLimits, type StoreLimits } from '../../src/store/limits.ts';
import { createStore } from '../../src/store/store.ts';
import { otlpLine } from '../support/a-spool.ts';
import { aSpan } from './a-span.ts';

export const lineOf = (...spans: readonly Span[]): string => Buffer.from(otlpLine(spans)).toString('utf8');

/** One call, in a trace of its own. */
export const callLine = (n: number, changes: Partial<Span> = {}): string => lineOf(aSpan(n, changes));

export const openStore = async (path: string, changes: Partial<StoreLimits> = {}) => {
  const limits = { ...defaultStoreLimits, rows: 10_000, ...changes };
  const counters = createStoreCounters();
  const lines = await openFolderLines(path, limits, counters);
  const store = createStore({ lines, parse: parseOtlpLine, limits, counters });
  await store.refresh();
  return store;
};

/** The names of the pods in the index, oldest first. */
export const podsIn = ({ index: { rows } }: Awaited<ReturnType<typeof openStore>>): readonly string[] =>
  Array.from({ length: rows.size }, (_, nth) => rows.at(rows.first + nth).pod);
