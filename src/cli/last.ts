/** Keeps the last so many of what it is given; what falls out of it was never wanted. */
export interface Last<T> {
  add(item: T): void;
  /** Oldest first. */
  items(): readonly T[];
}

export const createLast = <T>(size: number): Last<T> => {
  const ring: T[] = [];
  let next = 0;
  return {
    add(item) {
      if (ring.length < size) ring.push(item);
      else ring[next] = item;
      next = (next + 1) % size;
    },
    items: () => (ring.length < size ? ring : [...ring.slice(next), ...ring.slice(0, next)]),
  };
};
