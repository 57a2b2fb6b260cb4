import { useCallback, useMemo } from 'preact/hooks';
import type { OperationJson } from '../../api.ts';
import { useAnswer } from '../answer.ts';
import { dayAndClock, duration, plural, words } from '../format.ts';
import { FilterBar } from '../parts/filter-bar.tsx';
import { Empty, Failed, Loading } from '../parts/notice.tsx';
import { PhaseBar, PhaseLegend } from '../parts/phase-bar.tsx';
import { VirtualList } from '../parts/virtual-list.tsx';
import { go, onlyDataset, stay } from '../route.ts';
import type { ViewProps } from './view.ts';

const kinds = [
  { kind: 'pod_start', label: 'Pod starts' },
  { kind: 'container_start', label: 'Containers made anew' },
  { kind: 'pod_stop', label: 'Pod stops' },
] as const;

const contains = (text: string, part: string): boolean =>
  text.toLowerCase().includes(part.replaceAll('*', '').trim().toLowerCase());

export const Pods = ({ route, dataset, live }: ViewProps) => {
  const answer = useAnswer<readonly OperationJson[]>(
    `/api/operations?d=${dataset.id}`,
    live.tick?.operations ?? 0,
  );
  const kind = route.query.get('kind') ?? 'pod_start';
  const pod = route.query.get('pod') ?? '';
  const order = route.query.get('order') ?? 'time';
  const shown = useMemo(() => {
    const list = (answer.value ?? []).filter(
      (operation) => operation.kind === kind && contains(operation.pod, pod),
    );
    return [...list].sort((one, other) => (order === 'slow' ? other.ms - one.ms : other.at - one.at));
  }, [answer.value, kind, pod, order]);
  const scale = shown.reduce((most, { ms }) => Math.max(most, ms), 0);
  const row = useCallback(
    (operation: OperationJson) => (
      <>
        <span role="cell" class="strong" title={operation.pod}>
          {operation.pod}
          {operation.container === '' ? null : <span class="quiet"> {operation.container}</span>}
        </span>
        <span role="cell" class="number end">
          {operation.startSeen ? '' : '≥ '}
          {duration(operation.ms)}
        </span>
        <span role="cell">
          <PhaseBar parts={operation.parts} ms={operation.ms} scale={scale} />
        </span>
        <span role="cell" class="wide" title={operation.detail}>
          <span class={operation.failed ? 'status status-failed' : 'status status-ok'}>
            {words(operation.outcome)}
          </span>
          <span class="quiet"> {operation.detail}</span>
        </span>
        <span role="cell" class="wide number quiet">
          {dayAndClock(operation.at)}
        </span>
      </>
    ),
    [scale],
  );
  const numberOf = (of: string): number =>
    (answer.value ?? []).filter((operation) => operation.kind === of).length;

  return (
    <>
      <h1>Pod starts</h1>
      <div class="section-head">
        <fieldset class="choices">
          <legend class="hidden">What is listed</legend>
          {kinds.map(({ kind: of, label }) => (
            <button
              key={of}
              type="button"
              class="choice"
              aria-pressed={kind === of}
              onClick={() => stay(route, { kind: of === 'pod_start' ? null : of })}
            >
              {label} <span class="number quiet">{numberOf(of)}</span>
            </button>
          ))}
        </fieldset>
        <FilterBar route={route} names={['pod']} />
        <button
          type="button"
          class="button"
          onClick={() => stay(route, { order: order === 'slow' ? null : 'slow' })}
        >
          {order === 'slow' ? 'Newest first' : 'Slowest first'}
        </button>
      </div>
      <PhaseLegend />
      {answer.error !== null ? <Failed error={answer.error} /> : null}
      {answer.loading && answer.value === null ? (
        <Loading />
      ) : shown.length === 0 ? (
        <Empty
          title={
            pod === ''
              ? `No ${kinds.find((of) => of.kind === kind)?.label.toLowerCase()} here`
              : 'No such pod'
          }
        >
          The start of a pod is told half a minute after its last container runs, when nothing more is to be
          expected.
        </Empty>
      ) : (
        <section class="fill">
          <VirtualList
            label={plural(shown.length, 'operation')}
            className="operations"
            items={shown}
            rowHeight={44}
            head={
              <>
                <span role="columnheader">Pod</span>
                <span role="columnheader" class="end">
                  Took
                </span>
                <span role="columnheader">Where the time went</span>
                <span role="columnheader" class="wide">
                  Outcome
                </span>
                <span role="columnheader" class="wide">
                  Began (UTC)
                </span>
              </>
            }
            keyOf={({ trace }) => trace}
            onOpen={({ trace }) => go('trace', trace, onlyDataset(route.query))}
            row={row}
          />
        </section>
      )}
    </>
  );
};
