const units: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** Bytes of `512KiB`, `64MiB`, `1GiB` or a bare number; null for anything else. */
export const parseBytes = (text: string): number | null => {
  const [, amount, unit] = /^(\d{1,15})(|KiB|MiB|GiB)$/.exec(text) ?? [];
  return amount === undefined ? null : Number(amount) * (units[unit ?? ''] ?? 1);
};

export const formatBytes = (size: number): string => {
  for (const unit of ['GiB', 'MiB', 'KiB']) {
    const scale = units[unit] ?? 1;
    if (size >= scale && size % scale === 0) return `${size / scale}${unit}`;
  }
  return String(size);
};
