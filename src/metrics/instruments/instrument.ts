/** What is measured, as data: the pages, the reference and OTLP are all made from it. */
export interface Instrument<Type extends InstrumentType = InstrumentType, Label extends string = string> {
  readonly type: Type;
  /** One sentence: what it counts, and what it does not. */
  readonly help: string;
  readonly unit: Unit;
  readonly labels: readonly Label[];
  /** Upper bounds of a histogram, without +Inf; empty for others. */
  readonly buckets: readonly number[];
  /** Its buckets carry the trace of one observation. */
  readonly exemplars: boolean;
  /** Different sets of label values that are told apart; what comes beyond is folded into one, and counted. */
  readonly maxSets: number;
}

export type InstrumentType = 'counter' | 'gauge' | 'histogram';
export type Unit = 'seconds' | 'bytes' | 'ratio' | 'count';

interface More {
  readonly unit?: Unit;
  readonly maxSets?: number;
}

const defaultMaxSets = 256;

export const counter = <const Label extends string = never>(
  help: string,
  labels: readonly Label[] = [],
  { unit = 'count', maxSets = defaultMaxSets }: More = {},
): Instrument<'counter', Label> => ({
  type: 'counter',
  help,
  unit,
  labels,
  buckets: [],
  exemplars: false,
  maxSets,
});

export const gauge = <const Label extends string = never>(
  help: string,
  labels: readonly Label[] = [],
  { unit = 'count', maxSets = defaultMaxSets }: More = {},
): Instrument<'gauge', Label> => ({
  type: 'gauge',
  help,
  unit,
  labels,
  buckets: [],
  exemplars: false,
  maxSets,
});

export const histogram = <const Label extends string = never>(
  help: string,
  labels: readonly Label[],
  buckets: readonly number[],
  {
    unit = 'seconds',
    maxSets = defaultMaxSets,
    exemplars = false,
  }: More & { readonly exemplars?: boolean } = {},
): Instrument<'histogram', Label> => ({
  type: 'histogram',
  help,
  unit,
  labels,
  buckets,
  exemplars,
  maxSets,
});

/** The value of a label where what it would say is not one of the values that are told apart. */
export const other = '_OTHER';
