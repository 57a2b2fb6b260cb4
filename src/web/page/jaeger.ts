const key = 'critrace.jaeger';

/** Where the person's own Jaeger is: kept in this browser, sent nowhere. */
export const jaegerAddress = (): string => localStorage.getItem(key) ?? '';

export const keepJaegerAddress = (address: string): void => {
  if (address === '') localStorage.removeItem(key);
  else localStorage.setItem(key, address);
};

/** Null: no address was given, or it is none. */
export const jaegerLink = (trace: string): string | null => {
  const address = jaegerAddress();
  return /^https?:\/\/\S+$/.test(address) ? `${address.replace(/\/+$/, '')}/trace/${trace}` : null;
};
