/** Edits (insert, delete, replace) from `a` to `b`. */
const distance = (a: string, b: string): number => {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
};

/** The name that was probably meant, if one is near: at most a third of it differs. */
export const nearest = (given: string, names: readonly string[]): string | null => {
  const word = given.slice(0, 64).toLowerCase();
  let best: { name: string; edits: number } | null = null;
  for (const name of names) {
    const edits = distance(word, name.toLowerCase());
    if (best === null || edits < best.edits) best = { name, edits };
  }
  return best !== null && best.edits <= Math.max(2, Math.floor(best.name.length / 3)) ? best.name : null;
};
