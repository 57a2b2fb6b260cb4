/**
 * What is known by name. Bounded: an entry that was not set since it was last passed over goes first. So to set one again,
 * which every list of a kubelet does for all that it lists, moves nothing.
 */
export interface BoundedMap<Entry> {
  get(name: string): Entry | undefined;
  /** By what it was set is remembered with it. True: the name is new. */
  set(name: string, entry: Entry, by?: object): boolean;
  /** The entry, which counts as set again. */
  renew(name: string): Entry | undefined;
  /** Likewise, if it was set last by this. */
  getAgain(name: string, by: object): Entry | undefined;
  delete(name: string): void;
  values(): IterableIterator<Entry>;
  readonly size: number;
}

interface Place<Entry> {
  entry: Entry;
  by: object | null;
  /** Since it was last passed over. */
  wasSet: boolean;
}

export const createBoundedMap = <Entry>(
  maxEntries: number,
  onForgotten: (name: string) => void,
): BoundedMap<Entry> => {
  const places = new Map<string, Place<Entry>>();

  const forgetOne = (): void => {
    for (const [name, place] of places) {
      places.delete(name);
      if (!place.wasSet) {
        onForgotten(name);
        return;
      }
      place.wasSet = false;
      places.set(name, place);
    }
  };

  return {
    get: (name) => places.get(name)?.entry,
    set(name, entry, by) {
      const place = places.get(name);
      if (place !== undefined) {
        place.entry = entry;
        place.by = by ?? null;
        place.wasSet = true;
        return false;
      }
      if (places.size >= maxEntries) forgetOne();
      places.set(name, { entry, by: by ?? null, wasSet: false });
      return true;
    },
    renew(name) {
      const place = places.get(name);
      if (place !== undefined) place.wasSet = true;
      return place?.entry;
    },
    getAgain(name, by) {
      const place = places.get(name);
      if (place?.by !== by) return undefined;
      place.wasSet = true;
      return place.entry;
    },
    delete: (name) => {
      places.delete(name);
    },
    *values() {
      for (const { entry } of places.values()) yield entry;
    },
    get size() {
      return places.size;
    },
  };
};
