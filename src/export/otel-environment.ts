import type { SettingProblem } from './otlp-settings.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

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
