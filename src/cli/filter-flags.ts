import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDurationMs } from '../config/duration.ts';
import { nearest } from '../config/suggestion.ts';
import { criMethods } from '../cri/methods.ts';
import { type Nanos, nanosPerMillisecond } from '../foundation/time.ts';
import { usageError } from './command.ts';
import { type Condition, type Filter, globPattern } from './filter.ts';
import { type Moment, parseMoment } from './moment.ts';

/** Names of the gRPC status codes, by number. */
export const statusNames = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

const parseStatus = (value: string): string => {
  const byNumber = /^\d+$/.test(value) ? (statusNames[Number(value)] ?? `CODE_${Number(value)}`) : null;
  const name = byNumber ?? value.toUpperCase().replaceAll('-', '_');
  if (statusNames.some((known) => known === name) || /^CODE_\d+$/.test(name)) return name;
  const near = nearest(name, statusNames);
  throw new InvalidArgumentError(
    `${near === null ? '' : `Did you mean ${near}? `}Allowed: ${statusNames.join(', ')}, or a number.`,
  );
};

const parsePod = (value: string): Omit<Extract<Condition, { field: 'pod' }>, 'field'> => {
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

const parseMethod =
  (knownRpcs: readonly string[]) =>
  (value: string): RegExp => {
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

const parseMinDuration = (value: string): Nanos => {
  const ms = parseDurationMs(value);
  if (ms === null) throw new InvalidArgumentError('Allowed: a duration such as 20ms, 1.5s or 2m.');
  return BigInt(Math.round(ms * 1e6));
};

const parseCount = (value: string): number => {
  const count = /^\d+$/.test(value) ? Number(value) : 0;
  if (count < 1 || count > maxLast) throw new InvalidArgumentError(`Allowed: a number from 1 to ${maxLast}.`);
  return count;
};

const knownRpcs = [...new Set(criMethods.map(({ rpc }) => rpc))].sort();

/** Bound of `--last`: so many findings are held in memory. */
const maxLast = 100_000;

/** What the filter flags of a command line say. Relative times wait for the moment that they are relative to. */
export interface FilterFlags {
  /** Only the last so many findings; null: all. */
  readonly last: () => number | null;
  /** Whether a time is given as so long before the end. */
  readonly isRelative: () => boolean;
  /** The filter, with `end` as what durations are counted back from. */
  readonly filter: (end: Nanos) => Filter;
}

type Waiting = Condition | { readonly field: 'since' | 'until'; readonly moment: Moment };

/**
 * The filters of `hubble observe`, for calls. Every one may be given again; `--not` turns the next one around,
 * which is why each is taken in the order of the command line and not from the parsed options.
 */
export const addFilterFlags = (command: Command): FilterFlags => {
  const wanted: Waiting[] = [];
  const unwanted: Waiting[] = [];
  let negate = false;
  let last: number | null = null;

  const take = (condition: Waiting): void => {
    (negate ? unwanted : wanted).push(condition);
    negate = false;
  };
  const add = (
    flags: string,
    doc: string,
    read: (value: string) => Waiting,
    choices: readonly string[] = [],
  ) => {
    const option = new Option(flags, doc).argParser((value: string) => take(read(value)));
    if (choices.length > 0) option.argChoices = [...choices];
    command.addOption(option);
  };
  const moment =
    (field: 'since' | 'until') =>
    (value: string): Waiting => {
      const parsed = parseMoment(value);
      if (parsed === null) {
        throw new InvalidArgumentError(
          'Allowed: a duration before the end such as 5m, or a time such as 2026-11-24T10:00:00Z.',
        );
      }
      return { field, moment: parsed };
    };

  const method = parseMethod(knownRpcs);
  add('--method <name>', 'only these methods: RunPodSandbox, List*, runtime.v1.ImageService/*', (value) => ({
    field: 'method',
    pattern: method(value),
  }));
  add(
    '--pod <namespace/name>',
    'only calls that name these pods: kube-system/coredns-*, kube-system/, web-0',
    (value) => ({ field: 'pod', ...parsePod(value) }),
  );
  add('--status <name>', 'only calls with these gRPC statuses: OK, NOT_FOUND, 4', (value) => ({
    field: 'status',
    status: parseStatus(value),
  }));
  add('--min-duration <duration>', 'only calls that took at least so long: 20ms, 1.5s', (value) => ({
    field: 'min-duration',
    atLeast: parseMinDuration(value),
  }));
  add(
    '--since <time>',
    'only from this time on: 5m before the end, or 2026-11-24T10:00:00Z',
    moment('since'),
  );
  add('--until <time>', 'only up to this time, given as for --since', moment('until'));
  command.option('--not', 'turn the next filter around: --not --status OK');
  command.on('option:not', () => {
    negate = true;
  });
  command.addOption(
    new Option('--last <count>', 'only the last so many, at the end').argParser((value: string) => {
      last = parseCount(value);
    }),
  );

  const settle =
    (end: Nanos) =>
    (condition: Waiting): Condition => {
      if (!('moment' in condition)) return condition;
      const { field, moment } = condition;
      return {
        field,
        at: moment.relative ? end - BigInt(Math.round(moment.beforeMs)) * nanosPerMillisecond : moment.at,
      };
    };
  return {
    last: () => last,
    isRelative: () =>
      [...wanted, ...unwanted].some((condition) => 'moment' in condition && condition.moment.relative),
    filter(end) {
      if (negate) throw usageError('--not has no filter after it', '--not --status OK');
      return { wanted: wanted.map(settle(end)), unwanted: unwanted.map(settle(end)) };
    },
  };
};
