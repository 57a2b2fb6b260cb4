/** The smallest value that at least this part of all values does not exceed (nearest rank). */
export const quantile = (sorted: ArrayLike<number>, part: number): number | null =>
  sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? null;
