import { option, optional, sized, timed } from './option.ts';
import { bytes, duration, integer, path } from './value-types.ts';

const kibibytes = (count: number): number => count * 1024;
const mebibytes = (count: number): number => count * 1024 ** 2;
const gibibytes = (count: number): number => count * 1024 ** 3;
const hours = (count: number): number => count * 3_600_000;

/** Spans at rest. */
export const storeOptions = {
  'store-dir': optional({
    group: 'store',
    value: path,
    placeholder: 'directory',
    doc: 'Where spans are kept as OTLP/JSON lines. Without one nothing is kept.',
    example: '/var/lib/critrace/store',
  }),
  'store-file-size': sized({
    group: 'store',
    value: bytes(kibibytes(64), gibibytes(4)),
    default: mebibytes(64),
    placeholder: 'size',
    doc: 'Size at which a store file is closed and a new one begun.',
    example: '64MiB',
  }),
  'store-files': option({
    group: 'store',
    value: integer(1, 10_000),
    default: 8,
    placeholder: 'count',
    doc: 'Store files kept; the oldest is removed first.',
    example: '8',
  }),
  'store-file-age': timed({
    group: 'store',
    value: duration(60_000, hours(24 * 365)),
    default: hours(24),
    placeholder: 'duration',
    doc: 'Age at which a store file is closed and a new one begun.',
    example: '24h',
  }),
} as const;
