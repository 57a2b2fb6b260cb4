import type { TargetedKeyboardEvent } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import type { SpanJson, TraceJson, WaitJson } from '../../api.ts';
import { duration } from '../format.ts';
import { kindOf, type TreeRow, treeOf, type Wire, wiresOf } from './span-tree.ts';

interface WaterfallProps {
  readonly trace: TraceJson;
  readonly selected: string | null;
  readonly onSelect: (span: SpanJson | null) => void;
  /** To the call that was waited for. */
  readonly onFollow: (wait: WaitJson) => void;
}

/** Where the axis has its lines: at round times, five or so of them. */
const ticksOf = (ms: number): readonly number[] => {
  if (ms <= 0) return [0];
  const raw = ms / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw) ?? raw;
  return Array.from({ length: Math.floor(ms / step) + 1 }, (_, nth) => nth * step);
};

/** In parts of a hundred of the lane; never outside of it. */
const placeOf = (offsetMs: number, ms: number, total: number): { left: string; width: string } => {
  const scale = 100 / Math.max(total, 1e-6);
  const left = Math.max(0, Math.min(99.8, offsetMs * scale));
  const right = Math.max(left + 0.2, Math.min(100, (offsetMs + ms) * scale));
  return { left: `${left}%`, width: `${right - left}%` };
};

const subjectOf = ({ attributes }: SpanJson): string => {
  const container = attributes['k8s.container.name'] ?? attributes['container.image.name'] ?? '';
  return String(container);
};

const resultOf = ({ span, other }: TreeRow): string => {
  const { attributes, message } = span;
  const status = String(attributes['rpc.status_code'] ?? attributes['cri.operation.outcome'] ?? '');
  const result = message === '' ? status : `${status}${status === '' ? '' : ': '}${message}`;
  // What the kernel saw stands on the server's side.
  const breakdown = String((other ?? span).attributes['cri.kernel.breakdown'] ?? '');
  return [result, breakdown].filter((part) => part !== '').join(', ');
};

const Bar = ({ span, total }: { span: SpanJson; total: number }) => (
  <span class={`wf-bar wf-${kindOf(span)}`} style={placeOf(span.offsetMs, span.ms, total)} />
);

interface WaitMarksProps {
  readonly row: TreeRow;
  readonly trace: TraceJson;
  readonly wires: readonly Wire[];
}

/** On the bar of a call, what of it was waiting; on the row of a wait, the call of another trace that it was for. */
const WaitMarks = ({ row, trace, wires }: WaitMarksProps) => {
  const { spans, waits, ms: total } = trace;
  const isHere = (id: string): boolean => spans.some((span) => span.id === id);
  const own = waits.find(({ id }) => id === row.span.id);
  const held = waits.filter(({ waiter }) => waiter === row.span.id).map(({ id }) => id);
  return (
    <>
      {own?.times == null || isHere(own.span) ? null : (
        <span class="wf-bar wf-other" style={placeOf(own.times.offsetMs, own.times.ms, total)} />
      )}
      {spans
        .filter(({ id }) => held.includes(id))
        .map((span) => (
          <span key={span.id} class="wf-bar wf-held" style={placeOf(span.offsetMs, span.ms, total)} />
        ))}
      {wires.map(({ atMs, piece, way }) => (
        <span
          key={`${atMs} ${piece} ${way}`}
          class={`wf-wire wf-wire-${piece} wf-wire-${way}`}
          style={{ left: `min(${placeOf(atMs, 0, total).left}, calc(100% - 5px))` }}
        />
      ))}
    </>
  );
};

const Legend = ({ waits }: { waits: readonly WaitJson[] }) =>
  waits.length === 0 ? null : (
    <p class="wf-legend quiet">
      <span>
        <span class="wf-key wf-held" aria-hidden="true" /> waiting for another call
      </span>
      <span>
        <span class="wf-key wf-other" aria-hidden="true" /> that call, where it is of another pod
      </span>
      <span class="wf-keyboard">
        <kbd>w</kbd> goes to it
      </span>
    </p>
  );

export const Waterfall = ({ trace, selected, onSelect, onFollow }: WaterfallProps) => {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const list = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => treeOf(trace.spans, closed), [trace, closed]);
  const wires = useMemo(() => wiresOf(rows, trace.spans, trace.waits), [rows, trace]);
  const total = trace.ms;

  const toggle = (id: string, isClosed: boolean): void => {
    const next = new Set(closed);
    if (isClosed) next.add(id);
    else next.delete(id);
    setClosed(next);
  };
  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>): void => {
    const at = rows.findIndex(({ span }) => span.id === selected);
    const row: TreeRow | undefined = rows[at];
    const move: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      j: at + 1,
      ArrowUp: at - 1,
      k: at - 1,
    };
    const next = move[event.key];
    if (next !== undefined) onSelect(rows[Math.max(0, Math.min(rows.length - 1, next))]?.span ?? null);
    else if (event.key === 'w') {
      const wait = trace.waits.find(({ id, waiter }) => id === selected || waiter === selected);
      if (wait === undefined) return;
      onFollow(wait);
    } else if (event.key === 'ArrowLeft' && row !== undefined) toggle(row.span.id, true);
    else if (event.key === 'ArrowRight' && row !== undefined) toggle(row.span.id, false);
    else return;
    event.preventDefault();
  };

  return (
    <div class="wf">
      <div class="wf-axis" aria-hidden="true">
        <span class="wf-name quiet">{trace.spans.length} spans</span>
        <span />
        <span class="wf-lane">
          {ticksOf(total).map((at) => (
            <span key={at} class="wf-tick number" style={{ left: `${(at / Math.max(total, 1e-6)) * 100}%` }}>
              {at === 0 ? '0' : duration(at)}
            </span>
          ))}
        </span>
      </div>
      <div
        role="tree"
        aria-label="Spans of the trace"
        class="wf-rows"
        tabIndex={0}
        ref={list}
        onKeyDown={onKeyDown}
      >
        {rows.map((row, at) => {
          const { span, depth, children, again } = row;
          const wait = trace.waits.find(({ id }) => id === span.id);
          return (
            <div
              key={span.id}
              role="treeitem"
              aria-level={depth + 1}
              aria-selected={span.id === selected}
              {...(children > 0 ? { 'aria-expanded': !closed.has(span.id) } : {})}
              class={`wf-row ${span.id === selected ? 'wf-selected' : ''}`}
              onClick={() => onSelect(span.id === selected ? null : span)}
            >
              <span class="wf-name" style={{ paddingLeft: `${depth * 14 + 8}px` }}>
                {children > 0 ? (
                  <span
                    class="wf-fold"
                    aria-hidden="true"
                    onClick={(event) => {
                      event.stopPropagation();
                      toggle(span.id, !closed.has(span.id));
                    }}
                  >
                    {closed.has(span.id) ? '▸' : '▾'}
                  </span>
                ) : (
                  <span class="wf-fold" aria-hidden="true" />
                )}
                <span class={`wf-label ${depth === 0 ? 'strong' : ''}`}>
                  {wait === undefined ? (
                    span.name
                  ) : (
                    <>
                      <span class="wf-verb">waiting </span>for {wait.text}
                    </>
                  )}
                </span>
                {wait === undefined ? (
                  <span class="quiet wf-subject">
                    {again.length > 0 ? `${again.length + 1} times` : subjectOf(span)}
                  </span>
                ) : null}
              </span>
              <span class="wf-time number">{duration(again.reduce((sum, { ms }) => sum + ms, span.ms))}</span>
              <span class="wf-lane">
                {[span, ...again].map((one) => (
                  <Bar key={one.id} span={one} total={total} />
                ))}
                <WaitMarks row={row} trace={trace} wires={wires[at] ?? []} />
              </span>
              <span
                class={`wf-result ${span.failed ? 'status-failed' : 'quiet'}`}
                title={wait?.evidence ?? resultOf(row)}
              >
                {wait?.evidence ?? resultOf(row)}
              </span>
            </div>
          );
        })}
      </div>
      <Legend waits={trace.waits} />
    </div>
  );
};
