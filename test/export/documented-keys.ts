import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What `docs/reference/output.md` says of a key: its name and its type in words, '' where it says "as for a call". */
export type DocumentedKeys = ReadonlyMap<string, string>;

const page = readFileSync(fileURLToPath(new URL('../../docs/reference/output.md', import.meta.url)), 'utf8');

const namesIn = (cell: string): string[] => [...cell.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name ?? '');

const cellsOf = (row: string): string[] =>
  row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

/** Keys of the first table of a section whose head is `| key | type | ...`. */
const keysOf = (section: string): Map<string, string> => {
  const keys = new Map<string, string>();
  const [, table = ''] = /\n\| key \| type \|[^\n]*\n[|-]+\n((?:\|[^\n]*\n)+)/.exec(section) ?? [];
  for (const row of table.trim().split('\n')) {
    const [first = '', second = ''] = cellsOf(row);
    const types = second === '' ? [] : second.split(', ');
    for (const [at, name] of namesIn(first).entries()) keys.set(name, types[at] ?? types[0] ?? '');
  }
  return keys;
};

/** Of `| kind | further keys |`: names outside of brackets, which say what is inside a key. */
const furtherKeysOf = (section: string): Map<string, string[]> => {
  const further = new Map<string, string[]>();
  const [, table = ''] = /\n\| kind \| further keys \|[^\n]*\n[|-]+\n((?:\|[^\n]*\n)+)/.exec(section) ?? [];
  for (const row of table.trim().split('\n')) {
    const [kinds = '', keys = ''] = cellsOf(row);
    for (const kind of namesIn(kinds)) further.set(kind, namesIn(keys.replace(/\([^)]*\)/g, '')));
  }
  return further;
};

const kindsIn = (heading: string): string[] =>
  [...heading.matchAll(/"([a-z_]+)"/g)].flatMap(([, name]) =>
    name === undefined || name === 'kind' ? [] : [name],
  );

/** Every kind of line with the keys that the page gives it. */
export const documentedKinds = (): ReadonlyMap<string, DocumentedKeys> => {
  const kinds = new Map<string, DocumentedKeys>();
  for (const section of page.split(/^#{2,3} /m).filter((text) => text.startsWith('`"kind"'))) {
    const keys = keysOf(section);
    const further = furtherKeysOf(section);
    for (const kind of kindsIn(section.slice(0, section.indexOf('\n'))))
      kinds.set(kind, new Map([...keys, ...(further.get(kind) ?? []).map((key) => [key, ''] as const)]));
  }
  return kinds;
};
