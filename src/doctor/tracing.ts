import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerProcess } from './server-process.ts';

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

/** A key of a TOML table: enough for the flat settings that matter here. */
export const tomlValue = (text: string, table: string, key: string): string | null => {
  let inside = false;
  let found: string | null = null;
  for (const line of text.split('\n')) {
    const header = /^\s*\[+\s*(.+?)\s*\]+\s*(?:#.*)?$/.exec(line)?.[1];
    if (header !== undefined) inside = header.replaceAll(/["'\s]/g, '') === table;
    const [, name, value] = /^\s*([A-Za-z0-9_-]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (inside && name === key && value !== undefined)
      found = /^(["'])(.*?)\1/.exec(value)?.[2] ?? value.replace(/\s*#.*$/, '');
  }
  return found;
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

const containerdTable = 'plugins.io.containerd.tracing.processor.v1.otlp';

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
      const text = read(file);
      if (text === null) continue;
      on ??= false;
      const enabled = tomlValue(text, 'crio.tracing', 'enable_tracing');
      if (enabled !== null) [on, from] = [enabled === 'true', file.slice(root.length)];
      endpoint = tomlValue(text, 'crio.tracing', 'tracing_endpoint') ?? endpoint;
    }
    return { program, on, endpoint: on === true ? shown(endpoint) : null, from };
  }
  const file = argumentOf(args, '--config', '-c') ?? '/etc/containerd/config.toml';
  const text = read(`${root}${file}`);
  const configured = text === null ? null : tomlValue(text, containerdTable, 'endpoint');
  const endpoint = shown(configured ?? fromEnvironment);
  if (endpoint !== null && variables.get('OTEL_SDK_DISABLED') !== 'true')
    return { program, on: true, endpoint, from: configured === null ? 'its environment' : file };
  const known = text !== null || environ !== null;
  return {
    program,
    on: known ? false : null,
    endpoint: null,
    from: text === null ? 'its environment' : file,
  };
};
