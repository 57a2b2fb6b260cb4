/**
 * Texts that many rows share, by small numbers. Each row that has one holds it; the number is free again when the last
 * of them is gone, so that pods that come and go leave nothing behind.
 */
export interface Names {
  take(text: string): number;
  release(id: number): void;
  text(id: number): string;
  readonly size: number;
}

interface Entry {
  readonly text: string;
  readonly id: number;
  held: number;
}

export const createNames = (): Names => {
  const byText = new Map<string, Entry>();
  const byId: (Entry | undefined)[] = [];
  const free: number[] = [];
  return {
    take(text) {
      const known = byText.get(text);
      if (known !== undefined) {
        known.held += 1;
        return known.id;
      }
      const id = free.pop() ?? byId.length;
      const entry = { text, id, held: 1 };
      byText.set(text, entry);
      byId[id] = entry;
      return id;
    },
    release(id) {
      const entry = byId[id];
      if (entry === undefined) return;
      entry.held -= 1;
      if (entry.held > 0) return;
      byText.delete(entry.text);
      byId[id] = undefined;
      free.push(id);
    },
    text: (id) => byId[id]?.text ?? '',
    get size() {
      return byText.size;
    },
  };
};
