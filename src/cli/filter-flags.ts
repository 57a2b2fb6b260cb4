import { type Command, Option } from 'commander';
import { type Nanos, nanosPerMillisecond } from '../foundation/time.ts';
import { type Condition, everything, type Filter } from '../store/condition.ts';
import { usageError } from './command.ts';
import {
  parseCount,
  parseMethod,
  parseMinDuration,
  parsePod,
  parseStatus,
  parseTime,
} from './filter-values.ts';
import type { Moment } from './moment.ts';

/** What the filter flags of a command line say. Relative times wait for the moment that they are relative to. */
export interface FilterFlags {
  /** Only the last so many findings; null: all. */
  readonly last: () => number | null;
  /** Whether a time is given as so long before the end. */
  readonly isRelative: () => boolean;
  /** The filter, with `end` as what durations are counted back from. */
  readonly filter: (end: Nanos) => Filter;
}

/** Of a command that was given none. */
export const allFindings: FilterFlags = {
  last: () => null,
  isRelative: () => false,
  filter: () => everything,
};

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
  const add = (flags: string, doc: string, read: (value: string) => Waiting): void => {
    command.addOption(new Option(flags, doc).argParser((value: string) => take(read(value))));
  };
  const moment =
    (field: 'since' | 'until') =>
    (value: string): Waiting => ({ field, moment: parseTime(value) });

  add('--method <name>', 'only these methods: RunPodSandbox, List*, runtime.v1.ImageService/*', (value) => ({
    field: 'method',
    pattern: parseMethod(value),
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
