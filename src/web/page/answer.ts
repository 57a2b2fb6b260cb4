import { useEffect, useRef, useState } from 'preact/hooks';
import type { FailureJson } from '../api.ts';

/** What is known of a question: an old answer is shown while a new one is on its way. */
export interface Answered<T> {
  readonly value: T | null;
  readonly error: string | null;
  readonly loading: boolean;
}

const isFailure = (value: unknown): value is FailureJson =>
  typeof value === 'object' && value !== null && 'error' in value && typeof value.error === 'string';

/** Throws an error whose text is for the person who looks. */
export const ask = async <T>(path: string, signal?: AbortSignal): Promise<T> => {
  const response = await fetch(path, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new Error('critrace does not answer any more. Is it still running?');
  });
  if (!response.ok) {
    const body: unknown = await response.json().catch(() => null);
    throw new Error(isFailure(body) ? body.error : `the answer was ${response.status}`);
  }
  // The server is of the same build as the page.
  const body: T = await response.json();
  return body;
};

/** Asks whenever the path or `version` changes; null asks nothing. */
export const useAnswer = <T>(path: string | null, version: number | string = 0): Answered<T> => {
  const [state, setState] = useState<Answered<T>>({ value: null, error: null, loading: path !== null });
  const lastPath = useRef(path);
  useEffect(() => {
    if (path === null) return;
    const abort = new AbortController();
    // Of another question the old answer would be wrong.
    const isOther = lastPath.current !== path;
    lastPath.current = path;
    setState((before) => ({ ...(isOther ? { value: null, error: null } : before), loading: true }));
    ask<T>(path, abort.signal).then(
      (value) => setState({ value, error: null, loading: false }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        setState((before) => ({
          value: before.value,
          error: error instanceof Error ? error.message : String(error),
          loading: false,
        }));
      },
    );
    return () => abort.abort();
  }, [path, version]);
  return state;
};
