import { type Config, type OptionName, optionNames, optionOf } from './options.ts';

/** What a running agent can take up. All else is built into what it watches with, or into the spans it has told. */
const takenUp: ReadonlySet<OptionName> = new Set([
  'log-level',
  'stop-timeout',
  'metrics-exporter',
  'metrics-host',
  'metrics-port',
  'metrics-interval',
  'round-interval',
  'round-slow',
  'store-file-size',
  'store-file-age',
  'store-files',
  'page-listen',
  'page-token-file',
  'page-certificate',
  'page-key',
  'page-client-ca',
]);

export interface ConfigChanges {
  /** Options that have another value and count from now on. */
  readonly taken: readonly OptionName[];
  /** Options that have another value and wait for a restart. */
  readonly waiting: readonly OptionName[];
}

const written = (name: OptionName, config: Config): string =>
  JSON.stringify(config[name] === null ? null : optionOf(name).value.format(config[name]));

/** Without any metrics, or without a page, there is nothing to switch on: that is decided at the start. */
const nothing: Partial<Readonly<Record<OptionName, string>>> = {
  'metrics-exporter': 'none',
  'page-listen': 'off',
};

const startsOrEnds = (name: OptionName, before: Config, after: Config): boolean =>
  nothing[name] !== undefined && (before[name] === nothing[name]) !== (after[name] === nothing[name]);

export const changesBetween = (before: Config, after: Config): ConfigChanges => {
  const changed = optionNames.filter((name) => written(name, before) !== written(name, after));
  const isTaken = (name: OptionName): boolean => takenUp.has(name) && !startsOrEnds(name, before, after);
  return { taken: changed.filter(isTaken), waiting: changed.filter((name) => !isTaken(name)) };
};

/** What counts now: the values before, but for those that are taken up. */
export const takeUp = (before: Config, after: Config): Config => {
  const { taken } = changesBetween(before, after);
  return { ...before, ...Object.fromEntries(taken.map((name) => [name, after[name]])) };
};
