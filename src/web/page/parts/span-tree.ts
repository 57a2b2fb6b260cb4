import type { SpanJson, WaitJson } from '../../api.ts';

export interface TreeRow {
  readonly span: SpanJson;
  readonly depth: number;
  readonly children: number;
  /** The other side of the same call, at nearly the same times: it has no row of its own. */
  readonly other: SpanJson | null;
  /** The same done again below the same parent (a dozen syncs of one file): one row for all of them. */
  readonly again: readonly SpanJson[];
}

/** Told by its file: a runtime syncs its database many times in one call. */
const isSync = (span: SpanJson): boolean => span.attributes['cri.kernel.file'] !== undefined;

/** So far apart both sides of a call may be for one row to say all: of its duration, and milliseconds at most. */
const samePart = 0.02;
const sameMs = 2;

const isSameTime = (client: SpanJson, server: SpanJson): boolean => {
  const apart = client.ms - server.ms;
  return server.kind === 'server' && (apart < sameMs || apart < client.ms * samePart);
};

/** Spans under their parents, in the order in which the server gave them; those below a closed one are left out. */
export const treeOf = (spans: readonly SpanJson[], closed: ReadonlySet<string>): readonly TreeRow[] => {
  const known = new Set(spans.map(({ id }) => id));
  const below = new Map<string, SpanJson[]>();
  const roots: SpanJson[] = [];
  for (const span of spans) {
    if (span.parent === null || !known.has(span.parent)) roots.push(span);
    else below.set(span.parent, [...(below.get(span.parent) ?? []), span]);
  }
  const rows: TreeRow[] = [];
  const shown = new Set<string>();
  const visitAll = (siblings: readonly SpanJson[], depth: number): void => {
    for (const span of siblings) {
      const again = isSync(span)
        ? siblings.filter((one) => one !== span && isSync(one) && one.name === span.name)
        : [];
      visit(span, depth, again);
      for (const { id } of again) shown.add(id);
    }
  };
  const visit = (span: SpanJson, depth: number, again: readonly SpanJson[]): void => {
    if (shown.has(span.id)) return;
    shown.add(span.id);
    const direct = below.get(span.id) ?? [];
    const other = direct.find((child) => isSameTime(span, child)) ?? null;
    const children =
      other === null
        ? direct
        : [...(below.get(other.id) ?? []), ...direct.filter((child) => child !== other)];
    if (other !== null) shown.add(other.id);
    rows.push({ span, depth, children: children.length, other, again });
    if (!closed.has(span.id)) visitAll(children, depth + 1);
  };
  visitAll(roots, 0);
  return rows;
};

/** One piece of a line through the lanes of rows, at a time of the trace. */
export interface Wire {
  readonly atMs: number;
  /** `from` begins in the middle of the row, `to` ends there with the head of an arrow, `through` passes. */
  readonly piece: 'from' | 'through' | 'to';
  /** Which way it goes from who waited to what was waited for. */
  readonly way: 'down' | 'up';
}

/** For each row, the wires that lead from who waited to what was waited for, where that has a row here. */
export const wiresOf = (
  rows: readonly TreeRow[],
  spans: readonly SpanJson[],
  waits: readonly WaitJson[],
): readonly (readonly Wire[])[] => {
  const wires: Wire[][] = rows.map(() => []);
  const rowOf = (id: string): number =>
    rows.findIndex(({ span, other, again }) => [span, other, ...again].some((one) => one?.id === id));
  const draw = (from: number, to: number, atMs: number): void => {
    if (from < 0 || to < 0 || from === to) return;
    const way = to > from ? 'down' : 'up';
    for (let at = Math.min(from, to); at <= Math.max(from, to); at++)
      wires[at]?.push({ atMs, way, piece: at === from ? 'from' : at === to ? 'to' : 'through' });
  };
  for (const { id, waiter, span } of waits) {
    const wait = spans.find((one) => one.id === id);
    if (wait === undefined) continue;
    const whose = waiter === null ? -1 : rowOf(waiter);
    draw(whose < 0 ? rowOf(id) : whose, rowOf(span), wait.offsetMs + wait.ms);
  }
  return wires;
};

/** What a span's bar is coloured by. */
export const kindOf = (span: SpanJson): 'failed' | 'call' | 'root' | 'kernel' | 'wait' | 'held' => {
  if (span.failed) return 'failed';
  if (span.kind !== 'internal') return 'call';
  if (span.attributes['cri.operation.outcome'] !== undefined) return 'root';
  if (span.attributes['cri.wait.behind'] !== undefined) return 'held';
  return span.attributes['cri.kernel.link'] === undefined ? 'wait' : 'kernel';
};
