import { formatDuration } from './duration.ts';
import { formatBytes } from './size.ts';
import type { ValueType } from './value-types.ts';

/** What part of critrace an option is for; commands take the options of whole groups as flags. */
export type OptionGroup = 'source' | 'identity' | 'otlp' | 'store' | 'metrics' | 'page' | 'agent';

export interface ConfigOption<T> {
  readonly group: OptionGroup;
  readonly value: ValueType<T>;
  readonly default: T;
  /** How the default reads where it is not a plain value. */
  readonly defaultText: string;
  /** One letter, without the dash. */
  readonly short: string | null;
  /** Variables of other programs that are honoured after `CRITRACE_*`, the first that is set wins. */
  readonly otherEnv: readonly string[];
  readonly placeholder: string;
  readonly doc: string;
  /** A valid value, for messages. */
  readonly example: string;
  /** Never printed. */
  readonly secret: boolean;
}

interface Written<T> {
  readonly group: OptionGroup;
  readonly value: ValueType<T>;
  readonly default: NoInfer<T>;
  readonly defaultText?: string;
  readonly short?: string;
  readonly otherEnv?: readonly string[];
  readonly placeholder: string;
  readonly doc: string;
  readonly example: string;
  readonly secret?: boolean;
}

export const option = <T>(written: Written<T>): ConfigOption<T> => ({
  defaultText: written.default === null ? 'none' : `${written.default}`,
  short: null,
  otherEnv: [],
  secret: false,
  ...written,
});

/** An option that may stay without a value. */
export const optional = <T>(written: Omit<Written<T>, 'default'>): ConfigOption<T | null> =>
  option<T | null>({ ...written, default: null });

/** In bytes. */
export const sized = (written: Omit<Written<number>, 'defaultText'>) =>
  option({ ...written, defaultText: formatBytes(written.default) });

/** In milliseconds. */
export const timed = (written: Omit<Written<number>, 'defaultText'>) =>
  option({ ...written, defaultText: formatDuration(written.default) });
