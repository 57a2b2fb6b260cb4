import { useMemo } from 'preact/hooks';
import type { CallsJson, HeatJson, MethodJson, OverviewJson } from '../../api.ts';
import { useAnswer } from '../answer.ts';
import { apiVersion, clock, count, duration, shortMethod } from '../format.ts';
import { CallList } from '../parts/call-list.tsx';
import { FilterBar } from '../parts/filter-bar.tsx';
import { type Brush, Heat } from '../parts/heat.tsx';
import { Empty, Failed, Loading } from '../parts/notice.tsx';
import { go, onlyDataset, stay } from '../route.ts';
import type { ViewProps } from './view.ts';

const windows = [
  { name: '', label: 'all' },
  { name: '900', label: '15 min' },
  { name: '3600', label: '1 h' },
] as const;

const heatColumns = 120;

/** The last so many seconds of what there is; null: not known yet. */
const windowOf = (overview: OverviewJson | null, seconds: number): { from: number; to: number } | null => {
  if (overview === null || overview.from === null || overview.to === null) return null;
  const to = overview.to + 1;
  return { from: Math.max(overview.from, to - seconds * 1000), to };
};

const MethodTable = ({
  methods,
  chosen,
  onChoose,
}: {
  methods: readonly MethodJson[];
  chosen: string;
  onChoose: (method: string) => void;
}) => (
  <div class="scroll-x">
    <table class="plain methods">
      <thead>
        <tr>
          <th scope="col">Method</th>
          <th scope="col" class="end">
            Calls
          </th>
          <th scope="col" class="end">
            Errors
          </th>
          <th scope="col" class="end">
            p50
          </th>
          <th scope="col" class="end">
            p95
          </th>
          <th scope="col" class="end">
            p99
          </th>
          <th scope="col" class="end">
            max
          </th>
        </tr>
      </thead>
      <tbody>
        {methods.map((row) => (
          <tr key={row.method} class={row.method === chosen ? 'row-current' : ''}>
            <td>
              <button
                type="button"
                class="link"
                aria-pressed={row.method === chosen}
                onClick={() => onChoose(row.method === chosen ? '' : row.method)}
              >
                {shortMethod(row.method)}
              </button>{' '}
              <span class={apiVersion(row.method) === 'v1alpha2' ? 'tag tag-warn' : 'quiet'}>
                {apiVersion(row.method)}
              </span>
            </td>
            <td class="number end">{count(row.calls)}</td>
            <td class={`number end ${row.errors > 0 ? 'status-failed' : 'quiet'}`}>{count(row.errors)}</td>
            <td class="number end">{duration(row.p50)}</td>
            <td class="number end">{duration(row.p95)}</td>
            <td class="number end">{duration(row.p99)}</td>
            <td class="number end">{duration(row.max)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

export const Methods = ({ route, dataset, live, dark }: ViewProps) => {
  const { query } = route;
  // Every ten seconds is often enough for what is a summary.
  const version = Math.floor((live.tick?.now ?? 0) / 10_000);
  const seconds = Number(query.get('window') ?? '');
  const overview = useAnswer<OverviewJson>(seconds > 0 ? `/api/overview?d=${dataset.id}` : null, version);
  const within = seconds > 0 ? windowOf(overview.value, seconds) : null;
  const chosen = query.get('method') ?? '';
  const pod = query.get('pod') ?? '';
  const asked = useMemo(() => {
    const params = new URLSearchParams({ d: dataset.id });
    if (pod !== '') params.set('pod', pod);
    return params;
  }, [dataset.id, pod]);

  const windowed = (params: URLSearchParams): URLSearchParams => {
    const copy = new URLSearchParams(params);
    if (within !== null) copy.set('since', String(within.from));
    return copy;
  };
  const methods = useAnswer<readonly MethodJson[]>(`/api/methods?${windowed(asked)}`, version);
  const ofMethod = new URLSearchParams(asked);
  if (chosen !== '') ofMethod.set('method', chosen);
  const heatQuery = new URLSearchParams(ofMethod);
  if (within !== null) {
    heatQuery.set('from', String(within.from));
    heatQuery.set('to', String(within.to));
  }
  heatQuery.set('columns', String(heatColumns));
  const isKnown = seconds === 0 || within !== null;
  const heat = useAnswer<HeatJson>(isKnown ? `/api/heat?${heatQuery}` : null, version);

  const [since, until, min] = ['since', 'until', 'min'].map((name) => query.get(name));
  const isBrushed = since !== null && until !== null;
  const callsQuery = new URLSearchParams(ofMethod);
  if (since !== undefined && since !== null) callsQuery.set('since', since);
  if (until !== undefined && until !== null) callsQuery.set('until', until);
  if (min !== undefined && min !== null) callsQuery.set('min', min);
  callsQuery.set('limit', '1000');
  const calls = useAnswer<CallsJson>(isBrushed ? `/api/calls?${callsQuery}` : null);
  const brush = ({ from, to, minMs }: Brush): void =>
    stay(route, {
      since: String(Math.floor(from)),
      until: String(Math.ceil(to)),
      min: minMs > 0 ? minMs.toPrecision(3) : null,
    });

  return (
    <>
      <h1>Methods</h1>
      <div class="section-head">
        <fieldset class="choices">
          <legend class="hidden">How far back</legend>
          {windows.map(({ name, label }) => (
            <button
              key={label}
              type="button"
              class="choice"
              aria-pressed={(query.get('window') ?? '') === name}
              onClick={() => stay(route, { window: name, since: null, until: null, min: null })}
            >
              {label}
            </button>
          ))}
        </fieldset>
        <FilterBar route={route} names={['pod']} />
      </div>
      {methods.error !== null ? <Failed error={methods.error} /> : null}
      {methods.value === null ? (
        <Loading />
      ) : methods.value.length === 0 ? (
        <Empty title="No calls here">Widen the time, or take the pod's filter away.</Empty>
      ) : (
        <>
          <section>
            <div class="section-head">
              <h2>{chosen === '' ? 'All methods' : shortMethod(chosen)}: when, and how long</h2>
              <span class="quiet">draw a box to list its calls; red at the foot: errors</span>
            </div>
            {heat.value === null ? <Loading /> : <Heat heat={heat.value} dark={dark} onBrush={brush} />}
          </section>
          {isBrushed ? (
            <section class="fill fill-short">
              <div class="section-head">
                <h2>
                  {clock(Number(since))} to {clock(Number(until))}
                  {min === null ? '' : `, ${duration(Number(min))} or longer`}
                </h2>
                <button
                  type="button"
                  class="button"
                  onClick={() => stay(route, { since: null, until: null, min: null })}
                >
                  Let go
                </button>
              </div>
              {calls.value === null ? (
                <Loading />
              ) : calls.value.calls.length === 0 ? (
                <Empty title="No call lies in the box" />
              ) : (
                <CallList
                  label="Calls of the box"
                  calls={calls.value.calls}
                  onOpen={(call) => go('trace', call.trace, onlyDataset(query))}
                />
              )}
            </section>
          ) : null}
          <section>
            <h2>By method</h2>
            <MethodTable
              methods={methods.value}
              chosen={chosen}
              onChoose={(method) => stay(route, { method })}
            />
          </section>
        </>
      )}
    </>
  );
};
