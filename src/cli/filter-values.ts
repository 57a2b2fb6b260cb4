import { InvalidArgumentError } from 'commander';
import { parseDurationMs } from '../config/duration.ts';
import { nearest } from '../config/suggestion.ts';
import { criMethods } from '../cri/methods.ts';
import type { Nanos } from '../foundation/time.ts';
import { statusName, statusNames } from '../grpc/status.ts';
import { type Condition, globPattern } from '../store/condition.ts';
import { type Moment, parseMoment } from './moment.ts';

const knownRpcs = [...new Set(criMethods.map(({ rpc }) => rpc))].sort();

export const parseStatus = (value: string): string => {
  const byNumber = /^\d+$/.test(value) ? statusName(Number(value)) : null;
  const name = byNumber ?? value.toUpperCase().replaceAll('-', '_');
  if (statusNames.some((known) => known === name) || /^CODE_\d+$/.test(name)) return name;
  const near = nearest(name, statusNames);
  throw new InvalidArgumentError(
    `${near === null ? '' : `Did you mean ${near}? `}Allowed: ${statusNames.join(', ')}, or a number.`,
  );
};

export const parsePod = (value: string): Omit<Extract<Condition, { field: 'pod' }>, 'field'> => {
  const parts = value.split('/');
  const [first = '', second] = parts;
  if (value === '' || parts.length > 2)
    throw new InvalidArgumentError('Allowed: namespace/name, namespace/ or name; * is any text.');
  if (second === undefined) return { namespace: null, name: globPattern(first) };
  return {
    namespace: first === '' ? null : globPattern(first),
    name: globPattern(second === '' ? '*' : second),
  };
};

export const parseMethod = (value: string): RegExp => {
  const bare = value.replace(/^\//, '');
  const free = bare.includes('/') || bare.includes('*');
  const known = knownRpcs.some((rpc) => rpc.toLowerCase() === bare.toLowerCase());
  if (bare === '' || !(free || known)) {
    const near = nearest(bare, knownRpcs);
    throw new InvalidArgumentError(
      `${near === null ? '' : `Did you mean ${near}? `}Allowed: the name of a CRI method, package.Service/Method, or a pattern such as List*.`,
    );
  }
  return globPattern(bare);
};

export const parseMinDuration = (value: string): Nanos => {
  const ms = parseDurationMs(value);
  if (ms === null) throw new InvalidArgumentError('Allowed: a duration such as 20ms, 1.5s or 2m.');
  return BigInt(Math.round(ms * 1e6));
};

export const parseCount = (value: string): number => {
  const count = /^\d+$/.test(value) ? Number(value) : 0;
  if (count < 1 || count > maxLast) throw new InvalidArgumentError(`Allowed: a number from 1 to ${maxLast}.`);
  return count;
};

/** Bound of `--last`: so many findings are held in memory. */
const maxLast = 100_000;

export const parseTime = (value: string): Moment => {
  const moment = parseMoment(value);
  if (moment !== null) return moment;
  throw new InvalidArgumentError(
    'Allowed: a duration before the end such as 5m, or a time such as 2026-11-24T10:00:00Z.',
  );
};

/** What completion offers for a flag: too many to be listed in the help. */
export const filterValues: Readonly<Record<string, readonly string[]>> = {
  '--method': knownRpcs,
  '--status': statusNames,
};
