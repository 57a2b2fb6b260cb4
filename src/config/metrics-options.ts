import { option } from './option.ts';
import { choice, durationOrMilliseconds, integer, text } from './value-types.ts';

const seconds = (count: number): number => count * 1000;

/** Where the numbers go. */
export const metricsOptions = {
  'metrics-exporter': option({
    group: 'metrics',
    value: choice(['prometheus', 'otlp', 'prometheus,otlp', 'none']),
    default: 'prometheus',
    otherEnv: ['OTEL_METRICS_EXPORTER'],
    placeholder: 'name',
    doc: '`prometheus`: served for scraping, with `/healthz` and `/readyz` beside it. `otlp`: sent to the collector, where one is configured. `none`: neither.',
    example: 'prometheus',
  }),
  'metrics-host': option({
    group: 'metrics',
    value: text,
    default: '127.0.0.1',
    otherEnv: ['OTEL_EXPORTER_PROMETHEUS_HOST'],
    placeholder: 'address',
    doc: 'Address that `/metrics`, `/healthz` and `/readyz` are served on. Nothing there names a pod.',
    example: '0.0.0.0',
  }),
  'metrics-port': option({
    group: 'metrics',
    value: integer(0, 65_535),
    default: 9464,
    otherEnv: ['OTEL_EXPORTER_PROMETHEUS_PORT'],
    placeholder: 'port',
    doc: 'Port of that address; 0 takes any free one and says which.',
    example: '9464',
  }),
  'metrics-interval': option({
    group: 'metrics',
    value: durationOrMilliseconds(seconds(1), seconds(3600)),
    default: seconds(60),
    defaultText: '1m',
    otherEnv: ['OTEL_METRIC_EXPORT_INTERVAL'],
    placeholder: 'duration',
    doc: 'With `metrics-exporter: otlp`: between two times that all metrics are sent.',
    example: '60s',
  }),
} as const;
