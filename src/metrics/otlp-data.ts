import type { resources, metrics as sdk } from '@opentelemetry/sdk-node';
import type { MetricBook } from './book.ts';
import { type InstrumentName, instrumentNames, instrumentOf } from './instruments/table.ts';

type ResourceMetrics = sdk.ResourceMetrics;
type MetricData = ResourceMetrics['scopeMetrics'][number]['metrics'][number];
type Family = Awaited<ReturnType<MetricBook['read']>>[number];
type HrTime = [number, number];

const units = { seconds: 's', bytes: 'By', ratio: '1', count: '1' } as const;

/** Without what a Prometheus exporter of the collector puts there again: `cri_retries_total` is `cri_retries`. */
export const otlpNameOf = (name: InstrumentName): string => {
  if (/^rpc_(client|server)_call_duration_seconds$/.test(name))
    return name.slice(0, -'_seconds'.length).replaceAll('_', '.');
  return name.replace(/_total$/, '').replace(/_(seconds|bytes|ratio)$/, '');
};

/** Labels that are attributes of OpenTelemetry's conventions get their dots back. */
const attributeNames: Readonly<Record<string, string>> = {
  rpc_system_name: 'rpc.system.name',
  rpc_method: 'rpc.method',
  rpc_status_code: 'rpc.status_code',
  error_type: 'error.type',
  server_address: 'server.address',
};

type Labels = Readonly<Partial<Record<string, string | number>>>;

const attributesOf = (labels: Labels): Record<string, string> =>
  Object.fromEntries(
    Object.entries(labels)
      .filter(([name, value]) => name !== 'le' && value !== '' && value !== undefined)
      .map(([name, value]) => [attributeNames[name] ?? name, String(value)]),
  );

interface Distribution {
  readonly attributes: Record<string, string>;
  /** Up to each bound, as Prometheus counts; the last is +Inf. */
  readonly upTo: number[];
  sum: number;
  count: number;
}

const distributionsOf = ({ values }: Family): Distribution[] => {
  const found = new Map<string, Distribution>();
  for (const one of values) {
    const attributes = attributesOf(one.labels);
    const key = JSON.stringify(Object.entries(attributes).sort());
    const of = found.get(key) ?? { attributes, upTo: [], sum: 0, count: 0 };
    found.set(key, of);
    const suffix = 'metricName' in one ? String(one.metricName) : '';
    if (suffix.endsWith('_bucket')) of.upTo.push(one.value);
    else if (suffix.endsWith('_sum')) of.sum = one.value;
    else of.count = one.value;
  }
  return [...found.values()];
};

/** OTLP counts what lies between two bounds. */
const between = (upTo: readonly number[]): number[] =>
  upTo.map((count, index) => count - (upTo[index - 1] ?? 0));

export interface OtlpDataOptions {
  readonly sdk: Pick<typeof sdk, 'AggregationTemporality' | 'DataPointType'>;
  readonly resource: resources.Resource;
  readonly version: string;
  readonly start: HrTime;
}

/** All series as they stand, cumulative since the start: what is not delivered is in the next one again. */
export const otlpDataOf = (
  families: readonly Family[],
  now: HrTime,
  { sdk: { AggregationTemporality, DataPointType }, resource, version, start }: OtlpDataOptions,
): ResourceMetrics => {
  const times = { startTime: start, endTime: now };
  const dataOf = (name: InstrumentName, family: Family): MetricData => {
    const { type, help, unit, buckets } = instrumentOf(name);
    const common = {
      descriptor: {
        name: otlpNameOf(name),
        description: help,
        unit: units[unit],
        // DOUBLE
        valueType: 1,
        advice: {},
      },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
    };
    if (type === 'histogram')
      return {
        ...common,
        dataPointType: DataPointType.HISTOGRAM,
        dataPoints: distributionsOf(family).map(({ attributes, upTo, sum, count }) => ({
          ...times,
          attributes,
          value: { buckets: { boundaries: [...buckets], counts: between(upTo) }, sum, count },
        })),
      };
    const dataPoints = family.values.map(({ labels, value }) => ({
      ...times,
      attributes: attributesOf(labels),
      value,
    }));
    return type === 'counter'
      ? { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
      : { ...common, dataPointType: DataPointType.GAUGE, dataPoints };
  };
  const metrics = families.flatMap((family) => {
    // prom-client takes `_total` off the names of counters once it has written a page.
    const name = instrumentNames.find((one) => one === family.name || one === `${family.name}_total`);
    return name === undefined || family.values.length === 0 ? [] : [dataOf(name, family)];
  });
  return { resource, scopeMetrics: [{ scope: { name: 'critrace', version }, metrics }] };
};
