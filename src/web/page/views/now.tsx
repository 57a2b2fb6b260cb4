import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { CallJson, CallsJson, InFlightJson, OverviewJson } from '../../api.ts';
import { ask, useAnswer } from '../answer.ts';
import { bytes, clock, count, dayAndClock, duration, plural } from '../format.ts';
import { CallList } from '../parts/call-list.tsx';
import { FilterBar, filterQuery, passes } from '../parts/filter-bar.tsx';
import { Empty, Failed, Loading, Nothing } from '../parts/notice.tsx';
import { Tile, Tiles } from '../parts/tile.tsx';
import { go, onlyDataset, stay } from '../route.ts';
import type { ViewProps } from './view.ts';

const pageSize = 500;

/** Pages of calls that were there before; what comes while one looks stands before them. */
const useStored = (asked: URLSearchParams, dataset: string) => {
  const query = new URLSearchParams(asked);
  query.set('d', dataset);
  query.set('limit', String(pageSize));
  const path = `/api/calls?${query}`;
  const first = useAnswer<CallsJson>(path);
  const [more, setMore] = useState<{ path: string; pages: readonly CallsJson[] }>({ path, pages: [] });
  const pages = more.path === path ? more.pages : [];
  const before = pages.length === 0 ? (first.value?.before ?? null) : (pages.at(-1)?.before ?? null);
  const [asking, setAsking] = useState<number | null>(null);
  const onEnd = useCallback(() => {
    if (before === null || asking === before) return;
    setAsking(before);
    ask<CallsJson>(`${path}&before=${before}`).then(
      (page) => setMore((known) => ({ path, pages: [...(known.path === path ? known.pages : []), page] })),
      () => undefined,
    );
  }, [path, before, asking]);
  const calls = useMemo(
    () => [...(first.value?.calls ?? []), ...pages.flatMap((page) => page.calls)],
    [first.value, pages],
  );
  return { calls, onEnd, error: first.error, loading: first.loading && first.value === null };
};

const InFlight = ({ calls, more }: { calls: readonly InFlightJson[]; more: number }) => {
  if (calls.length === 0) return <Nothing title="None">Every call that was begun has been answered.</Nothing>;
  return (
    <div class="scroll-x">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Method</th>
            <th scope="col" class="end">
              Age
            </th>
            <th scope="col">Of its deadline</th>
            <th scope="col">Pod, container or image</th>
            <th scope="col">Caller</th>
          </tr>
        </thead>
        <tbody>
          {calls.map((call) => {
            const part =
              call.ageMs === null || call.deadlineMs === null
                ? null
                : Math.min(1, call.ageMs / call.deadlineMs);
            return (
              <tr key={call.key}>
                <td class="strong">{call.method}</td>
                <td class="number end">
                  {call.ageMs === null ? 'older than critrace' : duration(call.ageMs)}
                </td>
                <td>
                  {call.endless ? (
                    <span class="quiet">a stream, open as long as its client likes</span>
                  ) : part === null ? (
                    <span class="quiet">none</span>
                  ) : (
                    <span class="gauge" title={`of ${duration(call.deadlineMs ?? 0)}`}>
                      <span
                        class={part > 0.8 ? 'gauge-full' : 'gauge-part'}
                        style={{ width: `${part * 100}%` }}
                      />
                    </span>
                  )}
                </td>
                <td>
                  {call.pod} <span class="quiet">{call.subject}</span>
                </td>
                <td class="quiet">{call.caller}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {more > 0 ? <p class="quiet">and {count(more)} more</p> : null}
    </div>
  );
};

const LiveTiles = ({ live }: Pick<ViewProps, 'live'>) => {
  const { tick } = live;
  const oldest = tick?.inFlight.find(({ endless, ageMs }) => !endless && ageMs !== null)?.ageMs ?? null;
  return (
    <Tiles>
      <Tile label="Calls per second" value={tick === null ? '–' : tick.callsPerSecond.toFixed(1)} />
      <Tile label="In flight" value={tick === null ? '–' : count(tick.inFlight.length + tick.inFlightMore)} />
      <Tile
        label="Oldest"
        value={oldest === null ? '–' : duration(oldest)}
        tone={oldest !== null && oldest > 10_000 ? 'warn' : 'plain'}
      />
      <Tile
        label="Not observed"
        value={tick === null ? '–' : tick.lostBytes === 0 ? 'nothing' : bytes(tick.lostBytes)}
        tone={tick !== null && tick.lostBytes > 0 ? 'warn' : 'plain'}
        note="bytes that passed unseen"
      />
      <Tile
        label="Behind by"
        value={tick === null ? '–' : duration(tick.lagMs)}
        tone={tick !== null && tick.lagMs > 500 ? 'warn' : 'plain'}
        note={live.skipped > 0 ? `${plural(live.skipped, 'call')} not listed here` : "the observer's own lag"}
      />
    </Tiles>
  );
};

const RestTiles = ({ overview }: { overview: OverviewJson }) => (
  <Tiles>
    <Tile label="Calls" value={count(overview.calls)} />
    <Tile label="Starts and stops" value={count(overview.operations)} />
    <Tile label="Findings" value={count(overview.findings)} tone={overview.findings > 0 ? 'warn' : 'plain'} />
    <Tile
      label="From"
      value={overview.from === null ? '–' : clock(overview.from).slice(0, 8)}
      note={overview.from === null ? '' : dayAndClock(overview.from).slice(0, 10)}
    />
    <Tile
      label="Span of time"
      value={overview.from === null || overview.to === null ? '–' : duration(overview.to - overview.from)}
    />
  </Tiles>
);

export const Now = ({ route, dataset, live }: ViewProps) => {
  const asked = useMemo(() => filterQuery(route.query), [route]);
  const stored = useStored(asked, dataset.id);
  const overview = useAnswer<OverviewJson>(`/api/overview?d=${dataset.id}`);
  const isLive = dataset.kind === 'agent';
  const paused = route.query.get('paused') === 'yes';

  const newest = stored.calls[0]?.n ?? -1;
  const come = useMemo(
    () => live.calls.filter((call) => call.n > newest && passes(asked, call)),
    [live.calls, newest, asked],
  );
  const calls = useMemo(() => [...come, ...stored.calls], [come, stored.calls]);

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'p' || event.target instanceof HTMLInputElement) return;
      stay(route, { paused: paused ? null : 'yes' });
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [route, paused]);

  const open = (call: CallJson): void => go('trace', call.trace, onlyDataset(route.query));
  return (
    <>
      <h1>Now</h1>
      {isLive ? (
        <LiveTiles live={live} />
      ) : overview.value === null ? null : (
        <RestTiles overview={overview.value} />
      )}
      {isLive ? (
        <section>
          <h2>Calls in flight</h2>
          <InFlight calls={live.tick?.inFlight ?? []} more={live.tick?.inFlightMore ?? 0} />
        </section>
      ) : null}
      <section class="fill">
        <div class="section-head">
          <h2>Calls</h2>
          <FilterBar route={route} names={['method', 'pod', 'status', 'min']} />
          {dataset.growing ? (
            <button
              type="button"
              class="button"
              onClick={() => stay(route, { paused: paused ? null : 'yes' })}
            >
              {paused ? 'Go on' : 'Pause'} <kbd>p</kbd>
            </button>
          ) : null}
        </div>
        {stored.error !== null ? <Failed error={stored.error} /> : null}
        {stored.loading ? (
          <Loading />
        ) : calls.length === 0 ? (
          <Empty title={[...asked].length > 0 ? 'No call passes the filters' : 'No calls yet'}>
            {[...asked].length > 0
              ? 'Take one of them away, or write * for any text.'
              : 'critrace shows calls as soon as somebody makes one on a socket that it watches.'}
          </Empty>
        ) : (
          <CallList label="Calls, the newest first" calls={calls} onOpen={open} onEnd={stored.onEnd} />
        )}
      </section>
    </>
  );
};
