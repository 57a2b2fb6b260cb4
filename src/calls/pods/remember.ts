/** Sets what a bounded map remembers; the entry that was set longest ago gives way. False: one did. */
export const remember = <Key, Value>(map: Map<Key, Value>, key: Key, value: Value, max: number): boolean => {
  map.delete(key);
  map.set(key, value);
  if (map.size <= max) return true;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
  return false;
};
