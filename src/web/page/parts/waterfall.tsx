import type { TargetedKeyboardEvent } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import type { SpanJson, TraceJson } from '../../api.ts';
import { duration } from '../format.ts';
import { kindOf, type TreeRow, treeOf } from './span-tree.ts';

interface WaterfallProps {
  readonly trace: TraceJson;
  readonly selected: string | null;
  readonly onSelect: (span: SpanJson | null) => void;
}

/** Where the axis has its lines: at round times, five or so of them. */
const ticksOf = (ms: number): readonly number[] => {
  if (ms <= 0) return [0];
  const raw = ms / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw) ?? raw;
  return Array.from({ length: Math.floor(ms / step) + 1 }, (_, nth) => nth * step);
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

const Bar = ({ span, total }: { span: SpanJson; total: number }) => {
  const scale = 100 / Math.max(total, 1e-6);
  const left = Math.min(99.8, span.offsetMs * scale);
  const width = Math.max(0.2, Math.min(100 - left, span.ms * scale));
  return <span class={`wf-bar wf-${kindOf(span)}`} style={{ left: `${left}%`, width: `${width}%` }} />;
};

export const Waterfall = ({ trace, selected, onSelect }: WaterfallProps) => {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const list = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => treeOf(trace.spans, closed), [trace, closed]);
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
    else if (event.key === 'ArrowLeft' && row !== undefined) toggle(row.span.id, true);
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
        {rows.map((row) => {
          const { span, depth, children, again } = row;
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
                <span class={`wf-label ${depth === 0 ? 'strong' : ''}`}>{span.name}</span>
                <span class="quiet wf-subject">
                  {again.length > 0 ? `${again.length + 1} times` : subjectOf(span)}
                </span>
              </span>
              <span class="wf-time number">{duration(again.reduce((sum, { ms }) => sum + ms, span.ms))}</span>
              <span class="wf-lane">
                {[span, ...again].map((one) => (
                  <Bar key={one.id} span={one} total={total} />
                ))}
              </span>
              <span class={`wf-result ${span.failed ? 'status-failed' : 'quiet'}`} title={resultOf(row)}>
                {resultOf(row)}
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
};
