import type { Environment } from './otel-environment.ts';
import type { SettingProblem } from './otlp-settings.ts';

/** What of a span is handed on at most; what is left out is counted. */
export interface SpanLimits {
  readonly attributes: number;
  /** Characters of a text; null: any. */
  readonly valueLength: number | null;
  readonly events: number;
  readonly eventAttributes: number;
  readonly links: number;
  readonly linkAttributes: number;
}

/** The specification's own. */
export const defaultSpanLimits: SpanLimits = {
  attributes: 128,
  valueLength: null,
  events: 128,
  eventAttributes: 128,
  links: 128,
  linkAttributes: 128,
};

/** Of several variables the first that is set counts: that of spans, then that of everything. */
const variables = {
  attributes: ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'],
  valueLength: ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'],
  events: ['OTEL_SPAN_EVENT_COUNT_LIMIT'],
  eventAttributes: ['OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'],
  links: ['OTEL_SPAN_LINK_COUNT_LIMIT'],
  linkAttributes: ['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'],
} as const satisfies Record<keyof SpanLimits, readonly string[]>;

export type SpanLimitsResult =
  | { readonly kind: 'limits'; readonly limits: SpanLimits }
  | { readonly kind: 'problem'; readonly problem: SettingProblem };

/** The standard's limits, and those of `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT` and its siblings in place of them. */
export const spanLimits = (environment: Environment): SpanLimitsResult => {
  const limits: { -readonly [name in keyof SpanLimits]: SpanLimits[name] } = { ...defaultSpanLimits };
  const names: readonly (keyof SpanLimits)[] = [
    'attributes',
    'valueLength',
    'events',
    'eventAttributes',
    'links',
    'linkAttributes',
  ];
  for (const name of names) {
    // An empty one is as if it was not set.
    const variable = variables[name].find((each) => environment[each]?.trim());
    if (variable === undefined) continue;
    const value = environment[variable]?.trim() ?? '';
    if (!/^\d{1,9}$/.test(value))
      return { kind: 'problem', problem: { variable, value, allowed: 'a whole number' } };
    limits[name] = Number(value);
  }
  return { kind: 'limits', limits };
};
