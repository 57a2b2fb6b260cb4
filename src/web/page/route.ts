import { useEffect, useMemo, useState } from 'preact/hooks';

export const views = ['now', 'pods', 'methods', 'versions', 'findings', 'agent'] as const;
export type ViewName = (typeof views)[number] | 'trace';

/** Where the page is: all of it stands in the address, so that a link can be shared and opened again. */
export interface Route {
  readonly view: ViewName;
  /** Of a trace. */
  readonly id: string | null;
  readonly query: URLSearchParams;
}

const isView = (name: string): name is ViewName => name === 'trace' || views.some((view) => view === name);

export const parseRoute = (hash: string): Route => {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?');
  const [name = '', id = null] = path.split('/');
  return { view: isView(name) ? name : 'now', id, query: new URLSearchParams(search) };
};

export const linkTo = (view: ViewName, id: string | null, query: URLSearchParams): string => {
  const search = query.toString();
  return `#/${view}${id === null ? '' : `/${id}`}${search === '' ? '' : `?${search}`}`;
};

/** The same query with some names changed; an empty or null value takes the name away. */
export const withChanges = (
  query: URLSearchParams,
  changes: Readonly<Record<string, string | null>>,
): URLSearchParams => {
  const changed = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') changed.delete(name);
    else changed.set(name, value);
  }
  return changed;
};

/** What every link keeps: which data are looked at. */
export const onlyDataset = (query: URLSearchParams): URLSearchParams => {
  const d = query.get('d');
  return new URLSearchParams(d === null ? {} : { d });
};

export const useRoute = (): Route => {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = (): void => setHash(location.hash);
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return useMemo(() => parseRoute(hash), [hash]);
};

export const go = (view: ViewName, id: string | null, query: URLSearchParams): void => {
  location.hash = linkTo(view, id, query);
};

/** Without a step back for every letter that is typed. */
export const stay = (route: Route, changes: Readonly<Record<string, string | null>>): void => {
  const hash = linkTo(route.view, route.id, withChanges(route.query, changes));
  history.replaceState(null, '', hash);
  dispatchEvent(new HashChangeEvent('hashchange'));
};
