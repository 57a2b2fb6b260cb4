import type { Nanos } from '../../foundation/time.ts';

/** An object of a capture's line, of which nothing is known yet. */
export type Json = Readonly<Record<string, unknown>>;

export const asObject = (value: unknown): Json | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;

/** 19 digits of nanoseconds last until the year 2286. */
export const nanos = (value: unknown): Nanos | null =>
  typeof value === 'string' && /^[0-9]{1,19}$/.test(value) ? BigInt(value) : null;

export const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

export const integer = (value: unknown, least: number): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= least ? value : null;

export const oneOf = <T extends string>(values: readonly T[], value: unknown): T | null =>
  values.find((known) => known === value) ?? null;

/** What is not known is left out of a line. */
export const known = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
