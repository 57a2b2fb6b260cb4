import { attributeRows } from './attributes.ts';

/** More than the method table has. */
const maxNames = 256;

const taken: ReadonlySet<string> = new Set(attributeRows.map(({ name }) => name));

/**
 * The attribute of a method's own value: `cri.` and its name; null where that is one of critrace's own. Found once for each
 * name: as a key of an object, a text that is put together anew is slow.
 */
export const createValueNames = (): ((value: string) => string | null) => {
  const names = new Map<string, string | null>();
  return (value) => {
    const known = names.get(value);
    if (known !== undefined) return known;
    const name = `cri.${value}`;
    const free = taken.has(name) ? null : name;
    if (names.size < maxNames) names.set(value, free);
    return free;
  };
};
