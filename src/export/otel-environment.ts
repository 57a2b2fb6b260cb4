import type { SettingProblem } from './otlp-settings.ts';
import type { AttributeLimits } from './otlp-span.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type AttributeLimitsResult =
  | { readonly kind: 'limits'; readonly limits: AttributeLimits }
  | { readonly kind: 'problem'; readonly problem: SettingProblem };

/** The variable of spans wins over that of everything; an empty one is as if it was not set. */
const firstSet = (
  environment: Environment,
  names: readonly string[],
): { readonly variable: string; readonly value: string } | null => {
  for (const variable of names) {
    const value = environment[variable]?.trim();
    if (value) return { variable, value };
  }
  return null;
};

/** `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT`, `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT` and their siblings. */
export const attributeLimits = (
  environment: Environment,
  standard: AttributeLimits,
): AttributeLimitsResult => {
  const count = firstSet(environment, ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT']);
  const length = firstSet(environment, [
    'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
  ]);
  for (const found of [count, length]) {
    if (found !== null && !/^\d{1,9}$/.test(found.value))
      return { kind: 'problem', problem: { ...found, allowed: 'a whole number' } };
  }
  return {
    kind: 'limits',
    limits: {
      count: count === null ? standard.count : Number(count.value),
      valueLength: length === null ? standard.valueLength : Number(length.value),
    },
  };
};

/**
 * The declarative configuration of sdk-node builds a tracer provider of its own: spans that it starts itself, now,
 * with its own ids, under one resource, and no spool behind them. Finished spans of several processes cannot be handed
 * to it, and where the file is set the specification lets no other variable count: so it is refused, not half obeyed.
 */
export const configFileProblem = (environment: Environment): SettingProblem | null => {
  const value = environment.OTEL_CONFIG_FILE?.trim();
  return value
    ? {
        variable: 'OTEL_CONFIG_FILE',
        value,
        allowed: "nothing: set OTEL_EXPORTER_OTLP_ENDPOINT and its siblings, or critrace's own configuration",
      }
    : null;
};
