/**
 * What is open now, by number, in the order in which it came. A few as a rule: they are looked for one after the other,
 * the newest first, and nothing is allocated as they come and go, while a map is made anew each time that it empties.
 */
export interface OpenTable<Value> {
  readonly size: number;
  get(key: number): Value | undefined;
  /** In the place of what has the key already. */
  set(key: number, value: Value): void;
  delete(key: number): boolean;
  /** Both are valid until the next change. */
  keys(): readonly number[];
  values(): readonly Value[];
}

const placeOf = (keys: readonly number[], key: number): number => {
  for (let at = keys.length - 1; at >= 0; at--) if (keys[at] === key) return at;
  return -1;
};

const removeAt = <Item>(items: Item[], at: number): void => {
  for (let next = at + 1; next < items.length; next++) {
    const item = items[next];
    if (item !== undefined) items[next - 1] = item;
  }
  items.pop();
};

export const createOpenTable = <Value extends object | bigint>(): OpenTable<Value> => {
  const keys: number[] = [];
  const values: Value[] = [];
  return {
    get size() {
      return keys.length;
    },
    get(key) {
      const at = placeOf(keys, key);
      return at < 0 ? undefined : values[at];
    },
    set(key, value) {
      const at = placeOf(keys, key);
      if (at >= 0) values[at] = value;
      else {
        keys.push(key);
        values.push(value);
      }
    },
    delete(key) {
      const at = placeOf(keys, key);
      if (at < 0) return false;
      removeAt(keys, at);
      removeAt(values, at);
      return true;
    },
    keys: () => keys,
    values: () => values,
  };
};
