import { parse, type TomlTable, type TomlValue } from 'smol-toml';

/** A TOML document; null: it is none. */
export const readToml = (text: string): TomlTable | null => {
  try {
    return parse(text);
  } catch {
    return null;
  }
};

const isTable = (value: TomlValue | undefined): value is TomlTable =>
  typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date);

/** What stands at the end of the keys; undefined: nothing does. */
export const tomlAt = (document: TomlTable, ...keys: readonly string[]): TomlValue | undefined => {
  let value: TomlValue | undefined = document;
  for (const key of keys) value = isTable(value) ? value[key] : undefined;
  return value;
};

/** The same where it is a text, and not an empty one. */
export const tomlText = (document: TomlTable, ...keys: readonly string[]): string | null => {
  const value = tomlAt(document, ...keys);
  return typeof value === 'string' && value !== '' ? value : null;
};
