import { readFileSync } from 'node:fs';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { ConfigError } from './error.ts';
import type { Setting } from './provenance.ts';

/** A configuration file is small; a larger one is not a configuration file. */
const maxFileBytes = 1024 * 1024;

export type FileReading =
  | { readonly exists: true; readonly entries: ReadonlyMap<string, Setting> }
  | { readonly exists: false };

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);

/** The top-level keys of a YAML file with the line of each. Throws ConfigError where it is not a mapping. */
export const parseYamlSettings = (text: string, file: string): Map<string, Setting> => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number | undefined): number => lines.linePos(offset ?? 0).line;
  const [problem] = document.errors;
  if (problem !== undefined) {
    throw new ConfigError(
      `${file}:${lineAt(problem.pos[0])}: not valid YAML: ${problem.message.split('\n')[0]}`,
      'runtime-endpoint: /run/containerd/containerd.sock',
    );
  }
  const entries = new Map<string, Setting>();
  if (document.contents === null) return entries;
  if (!isMap(document.contents)) {
    throw new ConfigError(
      `${file}:1: allowed: a mapping of option names to values`,
      'runtime-endpoint: /run/containerd/containerd.sock',
    );
  }
  for (const pair of document.contents.items) {
    const key = isScalar(pair.key) ? pair.key : null;
    const name = String(key?.value ?? pair.key);
    const value: unknown = document.get(name);
    const plain: unknown = isMap(value) ? value.toJSON() : value;
    const where = { from: 'file', file, line: lineAt(key?.range?.[0]) } as const;
    // A key without a value is not set.
    if (plain !== null && plain !== undefined) entries.set(name, { value: plain, where });
  }
  return entries;
};

export const readYamlFile = (file: string): FileReading => {
  let text: string;
  try {
    const content = readFileSync(file);
    if (content.length > maxFileBytes) {
      throw new ConfigError(`${file} is larger than ${maxFileBytes} bytes`, '/etc/critrace/config.yaml');
    }
    text = content.toString('utf8');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { exists: false };
    throw new ConfigError(`${file} cannot be read (${code})`, '/etc/critrace/config.yaml');
  }
  return { exists: true, entries: parseYamlSettings(text, file) };
};
