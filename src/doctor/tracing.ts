import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { TomlTable } from 'smol-toml';
import type { ServerProcess } from './server-process.ts';
import { readToml, tomlAt, tomlText } from './toml.ts';

/** What a program's own tracing is set to, and where that was read. */
export interface Tracing {
  readonly program: string;
  /** Null: it could not be read. */
  readonly on: boolean | null;
  /** Where its spans go, without credentials; null: not said. */
  readonly endpoint: string | null;
  readonly from: string;
}

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

/** Null: it cannot be read, or is no TOML. */
const readDocument = (path: string): TomlTable | null => {
  const text = read(path);
  return text === null ? null : readToml(text);
};

/** An endpoint without what may be secret in it. */
const shown = (endpoint: string | null): string | null =>
  endpoint === null || endpoint === '' ? null : endpoint.replace(/\/\/[^/@]*@/, '//').replace(/\?.*$/, '');

/** Only the variables that say where spans go are looked at. */
const tracingVariable =
  /^(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT|OTEL_EXPORTER_OTLP_ENDPOINT|OTEL_SDK_DISABLED)=(.*)$/s;

export const environmentOf = (environ: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  for (const entry of environ.split('\0')) {
    const [, name, value] = tracingVariable.exec(entry) ?? [];
    if (name !== undefined && value !== undefined) found.set(name, value);
  }
  return found;
};

const argumentOf = (args: readonly string[], ...names: readonly string[]): string | null => {
  for (const [index, arg] of args.entries())
    for (const name of names) {
      if (arg === name) return args[index + 1] ?? null;
      if (arg.startsWith(`${name}=`)) return arg.slice(name.length + 1);
    }
  return null;
};

const dropIns = (folder: string): string[] => {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
};

const escaped = (text: string): string => text.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');

/** Files that containerd's configuration takes in: paths from its own folder on, with a star in the name. */
const importsOf = (document: TomlTable, path: string, root: string): string[] => {
  const imports = tomlAt(document, 'imports');
  return (Array.isArray(imports) ? imports : []).flatMap((pattern) => {
    if (typeof pattern !== 'string') return [];
    const absolute = resolve(dirname(path), pattern);
    const [folder, name] = [dirname(absolute), basename(absolute)];
    if (!name.includes('*')) return [absolute];
    const wanted = new RegExp(`^${name.split('*').map(escaped).join('.*')}$`);
    return dropIns(`${root}${folder}`)
      .map((found) => found.slice(root.length))
      .filter((found) => wanted.test(basename(found)));
  });
};

interface Configured {
  readonly endpoint: string;
  readonly from: string;
}

/** Where the configuration says that spans go: what is taken in last counts. Null: nowhere. */
const containerdEndpoint = (document: TomlTable, path: string, root: string): Configured | null => {
  let found: Configured | null = null;
  const look = (one: TomlTable, from: string): void => {
    const endpoint = tomlText(one, 'plugins', 'io.containerd.tracing.processor.v1.otlp', 'endpoint');
    if (endpoint !== null) found = { endpoint, from };
  };
  look(document, path);
  for (const file of importsOf(document, path, root)) {
    const imported = readDocument(`${root}${file}`);
    if (imported !== null) look(imported, file);
  }
  return found;
};

/** The runtime's own tracing: by its configuration file and the environment that it was started with. */
export const runtimeTracing = ({ pid, comm }: ServerProcess, proc = '/proc'): Tracing => {
  const program = comm ?? `pid ${pid}`;
  const root = `${proc}/${pid}/root`;
  const args = (read(`${proc}/${pid}/cmdline`) ?? '').split('\0');
  const environ = read(`${proc}/${pid}/environ`);
  const variables = environmentOf(environ ?? '');
  const fromEnvironment =
    variables.get('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ??
    variables.get('OTEL_EXPORTER_OTLP_ENDPOINT') ??
    null;
  if (program === 'crio') {
    const main = argumentOf(args, '--config', '-c') ?? '/etc/crio/crio.conf';
    const files = [`${root}${main}`, ...dropIns(`${root}/etc/crio/crio.conf.d`)];
    let [on, endpoint, from]: [boolean | null, string | null, string] = [null, null, main];
    for (const file of files) {
      const document = readDocument(file);
      if (document === null) continue;
      on ??= false;
      const enabled = tomlAt(document, 'crio', 'tracing', 'enable_tracing');
      if (typeof enabled === 'boolean') [on, from] = [enabled, file.slice(root.length)];
      endpoint = tomlText(document, 'crio', 'tracing', 'tracing_endpoint') ?? endpoint;
    }
    return { program, on, endpoint: on === true ? shown(endpoint) : null, from };
  }
  const file = argumentOf(args, '--config', '-c') ?? '/etc/containerd/config.toml';
  const document = readDocument(`${root}${file}`);
  const configured = document === null ? null : containerdEndpoint(document, file, root);
  const endpoint = shown(configured?.endpoint ?? fromEnvironment);
  if (endpoint !== null && variables.get('OTEL_SDK_DISABLED') !== 'true')
    return { program, on: true, endpoint, from: configured?.from ?? 'its environment' };
  const known = document !== null || environ !== null;
  return {
    program,
    on: known ? false : null,
    endpoint: null,
    from: document === null ? 'its environment' : file,
  };
};
