import { answerCalls } from './answers/calls.ts';
import { answerHeat, answerMethods } from './answers/methods.ts';
import { milliseconds } from './answers/milliseconds.ts';
import { byUrgency, negotiationJson, operationJson, symptomJson } from './answers/noteworthy.ts';
import { answerOverview, rangeOf } from './answers/overview.ts';
import { answerTrace } from './answers/trace.ts';
import type { AboutJson, HealthJson } from './api.ts';
import type { Dataset } from './dataset.ts';
import { filterOf, numberIn, QuestionError } from './question.ts';

/** What there is to look at; captures come in while it is shown. */
export interface Datasets {
  list(): readonly Dataset[];
  find(id: string | null): Dataset | null;
}

export type Answer =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'failure'; readonly status: 400 | 404; readonly error: string };

const found = (value: unknown): Answer => ({ kind: 'json', value });
const missing = (error: string): Answer => ({ kind: 'failure', status: 404, error });

const maxCalls = 1_000;
const maxColumns = 400;
const maxMs = 8.64e15;

const datasetJson = ({ id, kind, label, growing }: Dataset) => ({ id, kind, label, growing });

const answer = async (path: string, query: URLSearchParams, dataset: Dataset): Promise<Answer> => {
  const { store } = dataset;
  const { rows, operations, negotiations, symptoms } = store.index;
  switch (path) {
    case '/api/overview':
      return found(answerOverview(dataset));
    case '/api/calls': {
      const before = numberIn(query, 'before', 0, Number.MAX_SAFE_INTEGER, -1);
      const limit = numberIn(query, 'limit', 1, maxCalls, 200);
      return found(answerCalls(rows, filterOf(query), limit, before < 0 ? null : before));
    }
    case '/api/methods':
      return found(answerMethods(rows, filterOf(query)));
    case '/api/heat': {
      // Without a time: of all that there is.
      const all = query.has('to') ? null : rangeOf(rows);
      const to = numberIn(query, 'to', 0, maxMs, all === null ? 0 : milliseconds(all.to) + 1);
      const from = numberIn(query, 'from', 0, to, all === null ? 0 : milliseconds(all.from));
      const columns = Math.floor(numberIn(query, 'columns', 1, maxColumns, 120));
      return found(answerHeat(rows, filterOf(query), { from, to, columns }));
    }
    case '/api/operations':
      return found(operations.list().map(operationJson));
    case '/api/negotiations':
      return found(negotiations.list().map(negotiationJson).sort(byUrgency));
    case '/api/symptoms':
      return found(symptoms.list().map(symptomJson));
    case '/api/health': {
      const health: HealthJson = {
        counters: dataset.live?.health() ?? null,
        outlook: dataset.live?.outlook() ?? null,
      };
      return found(health);
    }
  }
  const traceId = /^\/api\/trace\/([0-9a-f]{32})$/.exec(path)?.[1];
  if (traceId === undefined) return missing('there is nothing of that name');
  const trace = await answerTrace(store, traceId);
  return trace === null ? missing('this trace is not there, or no longer') : found(trace);
};

/** What a path under /api/ is answered with. */
export const answerTo = async (
  url: URL,
  datasets: Datasets,
  about: Omit<AboutJson, 'datasets'>,
): Promise<Answer> => {
  if (url.pathname === '/api/about') return found({ ...about, datasets: datasets.list().map(datasetJson) });
  const dataset = datasets.find(url.searchParams.get('d'));
  if (dataset === null) return missing('what this link is about is not open here');
  try {
    return await answer(url.pathname, url.searchParams, dataset);
  } catch (error) {
    if (error instanceof QuestionError) return { kind: 'failure', status: 400, error: error.message };
    throw error;
  }
};
