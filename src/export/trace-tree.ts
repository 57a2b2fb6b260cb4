import type { Nanos } from '../foundation/time.ts';
import type { Span } from '../spans/span.ts';

export interface TreeRow {
  readonly span: Span;
  readonly depth: number;
  /** The span of the other side of the same call, which has the same times and no row of its own. */
  readonly other: Span | null;
  /** The same done again below the same parent (a dozen syncs of one file): one row for all of them. */
  readonly again: readonly Span[];
}

/** Told by its file: a runtime syncs its database many times in one call. */
const isSync = (span: Span): boolean => span.attributes['cri.kernel.file'] !== undefined;

const byStart = (one: Span, other: Span): number =>
  one.start < other.start ? -1 : one.start > other.start ? 1 : one.end > other.end ? -1 : 1;

/** So far apart the times of both sides of a call may be for one row to say all: of the call's duration, and at most. */
const samePart = 50n;
const sameNs = 2_000_000n;

/** With one time per byte both sides of a call have the same times; else what is between them is the wait in the socket. */
const isSameTime = (client: Span, server: Span): boolean => {
  if (server.kind !== 'server' || server.parentSpanId !== client.spanId) return false;
  const apart = server.start - client.start + client.end - server.end;
  return apart < sameNs || apart * samePart < client.end - client.start;
};

/** Spans under their parents, in the order of their starts. What has no parent among them stands at the left. */
export const treeOf = (spans: readonly Span[]): readonly TreeRow[] => {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const children = new Map<string, Span[]>();
  const roots: Span[] = [];
  for (const span of [...spans].sort(byStart)) {
    if (span.parentSpanId === null || !known.has(span.parentSpanId)) roots.push(span);
    else children.set(span.parentSpanId, [...(children.get(span.parentSpanId) ?? []), span]);
  }
  const rows: TreeRow[] = [];
  const shown = new Set<string>();
  const visitAll = (spans: readonly Span[], depth: number): void => {
    for (const span of spans) {
      const again = isSync(span)
        ? spans.filter((one) => one !== span && isSync(one) && one.name === span.name)
        : [];
      visit(span, depth, again);
      for (const { spanId } of again) shown.add(spanId);
    }
  };
  const visit = (span: Span, depth: number, again: readonly Span[]): void => {
    // Ids come from files: a circle must not go on for ever.
    if (shown.has(span.spanId)) return;
    shown.add(span.spanId);
    const below = children.get(span.spanId) ?? [];
    const other = below.find((child) => isSameTime(span, child)) ?? null;
    rows.push({ span, depth, other, again });
    if (other !== null) {
      shown.add(other.spanId);
      visitAll(children.get(other.spanId) ?? [], depth + 1);
    }
    visitAll(below, depth + 1);
  };
  visitAll(roots, 0);
  return rows;
};

export interface TimeAxis {
  readonly from: Nanos;
  readonly total: Nanos;
}

export const axisOf = (spans: readonly Span[]): TimeAxis => {
  const [first] = spans;
  if (first === undefined) return { from: 0n, total: 0n };
  let { start: from, end: until } = first;
  for (const { start, end } of spans) {
    if (start < from) from = start;
    if (end > until) until = end;
  }
  return { from, total: until - from };
};
