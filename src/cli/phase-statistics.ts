import { quantile } from '../foundation/quantile.ts';
import type { Span } from '../spans/span.ts';

export interface PhaseStatistics {
  /** `pod_start`, `pod_stop`, `container_start`. */
  readonly operation: string;
  /** `total`, or the part of it. */
  readonly phase: string;
  readonly count: number;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly p99_ms: number | null;
  readonly max_ms: number | null;
}

const phases = [
  ['sandbox', 'cri.operation.sandbox_ms'],
  ['image_pull', 'cri.operation.image_pull_ms'],
  ['containers', 'cri.operation.containers_ms'],
  ['hooks', 'cri.operation.hooks_ms'],
  ['init', 'cri.operation.init_ms'],
  ['pull_queue', 'cri.operation.pull_queue_ms'],
  ['client', 'cri.operation.client_ms'],
] as const;

const operationKinds = ['pod_start', 'container_start', 'pod_stop'] as const;

const statisticsOf = (operation: string, phase: string, sorted: readonly number[]): PhaseStatistics => ({
  operation,
  phase,
  count: sorted.length,
  p50_ms: quantile(sorted, 0.5),
  p95_ms: quantile(sorted, 0.95),
  p99_ms: quantile(sorted, 0.99),
  max_ms: sorted.at(-1) ?? null,
});

/** Operations that are counted; quantiles are exact up to so many. */
const maxOperations = 1_000_000;

/** What the starts and stops of pods consisted of. */
export const createPhaseStatistics = () => {
  const durationsMs = new Map<string, number[]>();
  let operations = 0;
  const push = (operation: string, phase: string, ms: number): void => {
    const key = `${operation} ${phase}`;
    const known = durationsMs.get(key);
    if (known === undefined) durationsMs.set(key, [ms]);
    else known.push(ms);
  };
  return {
    add(span: Span): void {
      const operation = span.attributes['cri.operation'];
      if (typeof operation !== 'string' || span.attributes['cri.operation.outcome'] === undefined) return;
      if (operations >= maxOperations) return;
      operations += 1;
      push(operation, 'total', Number(span.end - span.start) / 1e6);
      for (const [phase, name] of phases) {
        const ms = span.attributes[name];
        // A pod that pulled nothing says nothing about how long pulling takes.
        if (typeof ms === 'number' && ms > 0) push(operation, phase, ms);
      }
    },
    result: (): readonly PhaseStatistics[] =>
      operationKinds.flatMap((operation) =>
        ['total', ...phases.map(([phase]) => phase)].flatMap((phase) => {
          const sorted = durationsMs.get(`${operation} ${phase}`)?.sort((a, b) => a - b);
          return sorted === undefined ? [] : [statisticsOf(operation, phase, sorted)];
        }),
      ),
  };
};
