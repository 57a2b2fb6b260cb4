import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { HeatJson } from '../../api.ts';
import { clock, duration } from '../format.ts';

export interface Brush {
  readonly from: number;
  readonly to: number;
  readonly minMs: number;
}

interface HeatProps {
  readonly heat: HeatJson;
  readonly dark: boolean;
  readonly onBrush: (brush: Brush) => void;
}

const height = 300;

/** Few calls are pale, many are strong, on a scale of square roots: one call beside a thousand is still seen. */
const cellColour = (part: number, dark: boolean): string =>
  dark
    ? `oklch(${0.36 + 0.42 * part} ${0.08 + 0.09 * part} 258)`
    : `oklch(${0.93 - 0.5 * part} ${0.03 + 0.15 * part} ${255 + 20 * part})`;

const drawCells = (plot: uPlot, heat: HeatJson, dark: boolean): void => {
  const { ctx } = plot;
  const { bounds, columns, counts, from, to } = heat;
  const most = counts.reduce((largest, value) => Math.max(largest, value), 1);
  const ratio = (bounds[1] ?? 1) / (bounds[0] ?? 1);
  const width = (to - from) / columns;
  ctx.save();
  ctx.beginPath();
  ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  ctx.clip();
  for (let column = 0; column < columns; column++) {
    const left = plot.valToPos((from + column * width) / 1000, 'x', true);
    const right = plot.valToPos((from + (column + 1) * width) / 1000, 'x', true);
    for (let row = 0; row < bounds.length; row++) {
      const value = counts[column * bounds.length + row] ?? 0;
      const bound = bounds[row];
      if (value === 0 || bound === undefined) continue;
      const bottom = plot.valToPos(bound, 'y', true);
      const top = plot.valToPos(bound * ratio, 'y', true);
      ctx.fillStyle = cellColour(Math.sqrt(value / most), dark);
      ctx.fillRect(left, top, Math.max(1, right - left - 1), Math.max(1, bottom - top - 1));
    }
    if ((heat.errors[column] ?? 0) > 0) {
      ctx.fillStyle = dark ? '#ff7b88' : '#c5283d';
      ctx.fillRect(left, plot.bbox.top + plot.bbox.height - 4, Math.max(1, right - left - 1), 4);
    }
  }
  ctx.restore();
};

/** The cells are drawn by hand: what uPlot is given only spans the axes. */
const dataOf = ({ from, to, bounds }: HeatJson): uPlot.AlignedData => [
  [from / 1000, to / 1000],
  [bounds[0] ?? 0.1, bounds[0] ?? 0.1],
];

/** Up to which duration the axis goes: a little above the longest call. */
const topOf = ({ bounds, counts }: HeatJson): number => {
  const longest = counts.reduce(
    (highest, value, cell) => (value > 0 ? Math.max(highest, cell % bounds.length) : highest),
    8,
  );
  return bounds[Math.min(bounds.length - 1, longest + 2)] ?? 1000;
};

/** Calls by time and duration; what is drawn over with the mouse is selected. */
export const Heat = ({ heat, dark, onBrush }: HeatProps) => {
  const place = useRef<HTMLDivElement>(null);
  const plotted = useRef<uPlot | null>(null);
  // The plot lives on when its numbers change, so that a box that is being drawn is not lost.
  const shown = useRef({ heat, onBrush });
  shown.current = { heat, onBrush };
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const ink = dark ? '#9aa3af' : '#5b626c';
    const line = dark ? '#262b34' : '#e4e4e0';
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height,
        legend: { show: false },
        cursor: { y: true, drag: { x: true, y: true, setScale: false } },
        scales: {
          x: { time: true, range: () => [shown.current.heat.from / 1000, shown.current.heat.to / 1000] },
          y: { distr: 3, range: () => [shown.current.heat.bounds[0] ?? 0.1, topOf(shown.current.heat)] },
        },
        axes: [
          {
            ...axis,
            space: 90,
            values: (_plot, values, _axis, _space, step) =>
              values.map((value) => clock(value * 1000).slice(0, step < 1 ? 12 : 8)),
          },
          {
            ...axis,
            size: 64,
            values: (_plot, values) => values.map((value) => (value === null ? '' : duration(value))),
          },
        ],
        series: [{}, { show: true, paths: () => null, points: { show: false } }],
        hooks: {
          drawAxes: [(self) => drawCells(self, shown.current.heat, dark)],
          setSelect: [
            (self) => {
              const { left, width, top, height: tall } = self.select;
              if (width < 4) return;
              const isWhole = tall < 4 || tall >= self.over.clientHeight - 4;
              shown.current.onBrush({
                from: self.posToVal(left, 'x') * 1000,
                to: self.posToVal(left + width, 'x') * 1000,
                minMs: isWhole ? 0 : self.posToVal(top + tall, 'y'),
              });
            },
          ],
        },
      },
      dataOf(shown.current.heat),
      element,
    );
    plotted.current = plot;
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plotted.current = null;
      plot.destroy();
    };
  }, [dark]);
  useEffect(() => plotted.current?.setData(dataOf(heat)), [heat]);
  return (
    <div
      class="heat"
      ref={place}
      role="img"
      aria-label="Heat map of the calls: time from left to right, duration from bottom to top. The table below has the same numbers."
    />
  );
};
