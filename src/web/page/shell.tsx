import { useEffect, useState } from 'preact/hooks';
import type { AboutJson, DatasetJson } from '../api.ts';
import { useAnswer } from './answer.ts';
import { useLive } from './live.ts';
import { Failed, Loading } from './parts/notice.tsx';
import {
  go,
  linkTo,
  onlyDataset,
  type Route,
  stay,
  useRoute,
  type ViewName,
  views,
  withChanges,
} from './route.ts';
import { type Theme, useTheme } from './theme.ts';
import { Agent } from './views/agent.tsx';
import { Findings } from './views/findings.tsx';
import { Methods } from './views/methods.tsx';
import { Now } from './views/now.tsx';
import { Pods } from './views/pods.tsx';
import { Trace } from './views/trace.tsx';
import { Versions } from './views/versions.tsx';
import type { ViewProps } from './views/view.ts';

const titles: Readonly<Record<ViewName, string>> = {
  now: 'Now',
  pods: 'Pod starts',
  methods: 'Methods',
  versions: 'Versions',
  findings: 'Findings',
  agent: 'Agent',
  trace: 'Trace',
};

const View = (props: ViewProps) => {
  switch (props.route.view) {
    case 'now':
      return <Now {...props} />;
    case 'pods':
      return <Pods {...props} />;
    case 'methods':
      return <Methods {...props} />;
    case 'versions':
      return <Versions {...props} />;
    case 'findings':
      return <Findings {...props} />;
    case 'agent':
      return <Agent {...props} />;
    case 'trace':
      return <Trace {...props} />;
  }
};

/** 1 to 6: the views. `/`: the first filter. Esc: leaves a filter, closes what is open. */
const useKeys = (route: Route): void => {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { target, key } = event;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (target instanceof HTMLInputElement) {
        if (key === 'Escape') target.blur();
        return;
      }
      const view = views[Number(key) - 1];
      if (view !== undefined) go(view, null, onlyDataset(route.query));
      else if (key === '/') document.querySelector<HTMLInputElement>('.filters input')?.focus();
      else if (key === 'Escape' && route.query.has('span')) stay(route, { span: null });
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [route]);
};

/** A capture that is let go over the page is read by the server that the page came from, and by nobody else. */
const useDrop = (takes: boolean, opened: (dataset: DatasetJson) => void) => {
  const [over, setOver] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    const hasFile = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
    const onOver = (event: DragEvent): void => {
      if (!hasFile(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const onLeave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent): void => {
      const file = event.dataTransfer?.files[0];
      event.preventDefault();
      setOver(false);
      if (file === undefined) return;
      if (!takes) {
        setSaid('A running agent reads no captures: run critrace ui FILE.');
        return;
      }
      setSaid(`Reading ${file.name}…`);
      fetch(`/api/captures?name=${encodeURIComponent(file.name)}`, { method: 'POST', body: file })
        .then(async (response) => {
          const body: DatasetJson & { readonly error?: string } = await response.json();
          if (!response.ok) throw new Error(body.error ?? `the answer was ${response.status}`);
          setSaid(null);
          opened(body);
        })
        .catch((error: unknown) => setSaid(error instanceof Error ? error.message : String(error)));
    };
    addEventListener('dragover', onOver);
    addEventListener('dragleave', onLeave);
    addEventListener('drop', onDrop);
    return () => {
      removeEventListener('dragover', onOver);
      removeEventListener('dragleave', onLeave);
      removeEventListener('drop', onDrop);
    };
  }, [takes, opened]);
  return { over, said, forget: () => setSaid(null) };
};

const themes: readonly Theme[] = ['auto', 'light', 'dark'];

export const Shell = () => {
  const route = useRoute();
  const theme = useTheme();
  const [opened, setOpened] = useState(0);
  const about = useAnswer<AboutJson>('/api/about', opened);
  const datasets = about.value?.datasets ?? [];
  const wanted = route.query.get('d');
  const dataset =
    datasets.find(({ id }) => id === wanted) ?? (wanted === null ? (datasets[0] ?? null) : null);
  const live = useLive(dataset?.growing === true ? dataset.id : null, route.query.get('paused') === 'yes');
  const drop = useDrop(about.value?.takesCaptures === true, (of) => {
    setOpened((times) => times + 1);
    go('pods', null, new URLSearchParams({ d: of.id }));
  });
  useKeys(route);
  useEffect(() => {
    document.title = `${titles[route.view]} · critrace`;
  }, [route.view]);

  const state =
    dataset === null ? '' : dataset.growing ? (live.state === 'connected' ? 'live' : live.state) : 'at rest';
  return (
    <div class={drop.over ? 'shell shell-drop' : 'shell'}>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="bar">
        <a class="brand" href={linkTo('now', null, onlyDataset(route.query))}>
          <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true">
            <rect x="2" y="5" width="14" height="6" rx="2" class="brand-1" />
            <rect x="8" y="13" width="20" height="6" rx="2" class="brand-2" />
            <rect x="18" y="21" width="12" height="6" rx="2" class="brand-3" />
          </svg>
          critrace
        </a>
        <nav aria-label="Views">
          {views.map((view, nth) => (
            <a
              key={view}
              href={linkTo(view, null, onlyDataset(route.query))}
              aria-current={
                view === route.view || (view === 'pods' && route.view === 'trace') ? 'page' : undefined
              }
              title={`${titles[view]} (${nth + 1})`}
            >
              {titles[view]}
            </a>
          ))}
        </nav>
        <div class="bar-end">
          {datasets.length > 1 ? (
            <select
              aria-label="What is looked at"
              value={dataset?.id ?? ''}
              onChange={(event) =>
                go('now', null, withChanges(new URLSearchParams(), { d: event.currentTarget.value }))
              }
            >
              {datasets.map(({ id, label }) => (
                <option key={id} value={id}>
                  {label}
                </option>
              ))}
            </select>
          ) : (
            <span class="bar-label quiet" title={dataset?.label}>
              <bdi>{dataset?.label}</bdi>
            </span>
          )}
          <span class={`state state-${state.replace(' ', '-')}`} role="status">
            {state}
          </span>
          <button
            type="button"
            class="button"
            title="Colours: as the system has them, light, dark"
            onClick={() => theme.set(themes[(themes.indexOf(theme.theme) + 1) % themes.length] ?? 'auto')}
          >
            {theme.theme}
          </button>
        </div>
      </header>
      {drop.said === null ? null : (
        <div class="said" role="status">
          {drop.said}{' '}
          <button type="button" class="button" onClick={drop.forget}>
            Close
          </button>
        </div>
      )}
      <main id="main" tabIndex={-1} data-view={route.view}>
        {about.error !== null ? (
          <Failed error={about.error} />
        ) : about.value === null ? (
          <Loading />
        ) : dataset === null ? (
          <Failed error="What this link is about is not open here. It may have been a capture that was dropped on a page since closed." />
        ) : (
          <View key={dataset.id} route={route} dataset={dataset} live={live} dark={theme.isDark} />
        )}
      </main>
      <footer class="quiet">
        {about.value === null ? '' : `critrace ${about.value.version}. `}Times are UTC. Keys: <kbd>1</kbd> to{' '}
        <kbd>6</kbd> views, <kbd>/</kbd> filter, arrows and <kbd>Enter</kbd> in lists.
      </footer>
    </div>
  );
};
