import type { Counters } from '../health.ts';
import type { MetricBook } from './book.ts';
import { type HealthName, type HealthRow, healthNames, healthRows } from './health-rows.ts';

/** The number at a path such as `pipeline.http2.desyncs`; null: there is no such layer. */
export const numberAt = (health: Counters, path: string): number | null => {
  let found: Counters[string] | undefined = health;
  for (const part of path.split('.')) {
    if (typeof found !== 'object' || found === null) return null;
    found = found[part];
  }
  return typeof found === 'number' ? found : null;
};

const collectOne = <Name extends HealthName>(
  book: MetricBook,
  health: Counters,
  name: Name,
  rows: readonly HealthRow<Name>[],
): void => {
  const readings = rows.flatMap(({ labels, from }) => {
    const value = numberAt(health, from);
    return value === null ? [] : [{ labels, value }];
  });
  book.replace(name, readings);
};

/** What the layers count of themselves, as it stands now. */
export const collectHealth = (book: MetricBook, health: Counters): void => {
  for (const name of healthNames) {
    const rows = healthRows[name];
    if (rows !== undefined) collectOne<HealthName>(book, health, name, rows);
  }
};
