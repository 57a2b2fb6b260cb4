import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { classicPage, openMetricsPage } from './exposition.ts';
import { type Instrument, other } from './instruments/instrument.ts';
import {
  type InstrumentName,
  instrumentNames,
  instrumentOf,
  type LabelsOf,
  type NameOf,
} from './instruments/table.ts';

/** A call's trace, for the bucket that it falls into. */
export interface Exemplar {
  readonly traceId: string;
  readonly spanId: string;
}

/** One value of one series, as of now. */
export interface Reading<Name extends InstrumentName> {
  readonly labels: LabelsOf<Name>;
  readonly value: number;
}

/** All instruments of the table with their series: what is counted goes in here, and pages come out. */
export interface MetricBook {
  add<Name extends NameOf<'counter'>>(name: Name, labels: LabelsOf<Name>, by?: number): void;
  observe<Name extends NameOf<'histogram'>>(
    name: Name,
    labels: LabelsOf<Name>,
    value: number,
    exemplar?: Exemplar | null,
  ): void;
  /** Takes the place of all series of the instrument: for what is counted elsewhere. */
  replace<Name extends NameOf<'counter' | 'gauge'>>(name: Name, readings: readonly Reading<Name>[]): void;
  openMetrics(): Promise<string>;
  classic(): Promise<string>;
  /** prom-client's own form of all series. */
  read(): ReturnType<Registry['getMetricsAsJSON']>;
}

type Labels = Readonly<Record<string, string>>;

export const createMetricBook = (): MetricBook => {
  const registry = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  /** Sets of label values that have series of their own, by instrument. */
  const sets = new Map<string, Set<string>>();

  for (const name of instrumentNames) {
    const { type, help, labels, buckets, exemplars } = instrumentOf(name);
    const common = { name, help, labelNames: [...labels], registers: [registry] };
    if (type === 'counter') counters.set(name, new Counter(common));
    else if (type === 'gauge') gauges.set(name, new Gauge(common));
    else
      histograms.set(name, new Histogram({ ...common, buckets: [...buckets], enableExemplars: exemplars }));
    sets.set(name, new Set());
  }

  const folded = (name: InstrumentName, { labels, maxSets }: Instrument, said: Labels): Labels => {
    const known = sets.get(name);
    if (known === undefined || labels.length === 0) return said;
    let key = '';
    for (const label of labels) key += `${said[label]}\0`;
    if (known.has(key)) return said;
    if (known.size < maxSets) {
      known.add(key);
      return said;
    }
    counters.get('critrace_metrics_folded_sets_total')?.inc({ metric: name });
    return Object.fromEntries(labels.map((label) => [label, other]));
  };

  return {
    add(name, labels, by = 1) {
      counters.get(name)?.inc(folded(name, instrumentOf(name), labels), by);
    },
    observe(name, labels, value, exemplar = null) {
      const instrument = instrumentOf(name);
      const one = histograms.get(name);
      const said = folded(name, instrument, labels);
      if (!instrument.exemplars) one?.observe(said, value);
      else
        one?.observe({
          labels: said,
          value,
          exemplarLabels: exemplar === null ? {} : { trace_id: exemplar.traceId, span_id: exemplar.spanId },
        });
    },
    replace(name, readings) {
      const instrument = instrumentOf(name);
      const one = instrument.type === 'counter' ? counters.get(name) : gauges.get(name);
      one?.reset();
      sets.get(name)?.clear();
      for (const { labels, value } of readings) one?.inc(folded(name, instrument, labels), value);
    },
    openMetrics: async () => openMetricsPage(await registry.metrics()),
    classic: async () => classicPage(await registry.metrics()),
    read: () => registry.getMetricsAsJSON(),
  };
};
