import { type Condition, type Filter, globPattern } from '../store/condition.ts';
import { nanos } from './answers/milliseconds.ts';

/** What a query string may say wrong, for the person who typed it. */
export class QuestionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'QuestionError';
  }
}

/** A number within bounds; the fallback where the name is not there. */
export const numberIn = (
  query: URLSearchParams,
  name: string,
  least: number,
  most: number,
  fallback: number,
): number => {
  const text = query.get(name);
  if (text === null || text === '') return fallback;
  const value = Number(text);
  if (!(value >= least && value <= most))
    throw new QuestionError(`${name}: "${text}" is no number from ${least} to ${most}`);
  return value;
};

const podCondition = (text: string): Condition => {
  const [first = '', second] = text.split('/');
  return second === undefined
    ? { field: 'pod', namespace: null, name: globPattern(`*${first}*`) }
    : {
        field: 'pod',
        namespace: first === '' ? null : globPattern(first),
        name: globPattern(second === '' ? '*' : second),
      };
};

/** Characters of one pattern: what it costs to match grows with it. */
const maxPattern = 256;
const maxConditions = 16;
const maxMs = 8.64e15;

/** `method`, `pod`, `status` (a leading `!` turns it around), `min`, `since`, `until`, as the page's links have them. */
export const filterOf = (query: URLSearchParams): Filter => {
  const wanted: Condition[] = [];
  const unwanted: Condition[] = [];
  const add = (name: string, make: (text: string) => Condition): void => {
    for (const given of query.getAll(name).slice(0, maxConditions)) {
      if (given.length > maxPattern) throw new QuestionError(`${name}: longer than ${maxPattern} characters`);
      const isNot = given.startsWith('!');
      const text = isNot ? given.slice(1) : given;
      if (text !== '') (isNot ? unwanted : wanted).push(make(text));
    }
  };
  add('method', (text) => ({ field: 'method', pattern: globPattern(text) }));
  add('pod', podCondition);
  add('status', (text) => ({ field: 'status', status: text }));
  const least = numberIn(query, 'min', 0, maxMs, 0);
  if (least > 0) wanted.push({ field: 'min-duration', atLeast: nanos(least) });
  const since = numberIn(query, 'since', 0, maxMs, 0);
  if (since > 0) wanted.push({ field: 'since', at: nanos(since) });
  const until = numberIn(query, 'until', 0, maxMs, 0);
  if (until > 0) wanted.push({ field: 'until', at: nanos(until) });
  return { wanted, unwanted };
};
