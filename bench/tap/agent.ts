import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compiledCli } from '../agent/critrace.ts';
import { type StartedProcess, start, waitFor } from '../processes.ts';

export interface TapPlace {
  /** For its spool, which is called by its name. */
  readonly folder: string;
  readonly name: string;
  readonly runtime: string;
  readonly collectorPort: number;
  readonly options?: readonly string[];
}

export interface TapAgent extends StartedProcess {
  /** All its counters as it says them, by their path. */
  counters(): Promise<(path: string) => number>;
}

const numberAt = (value: unknown, path: string): number => {
  let at: unknown = value;
  for (const key of path.split('.'))
    at = typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined;
  return typeof at === 'number' ? at : 0;
};

/** The compiled `critrace agent` as a user starts it on a node, watching that socket in the kernel; on ports of its own. */
export const startTapAgent = async (place: TapPlace): Promise<TapAgent> => {
  const { folder, name, runtime, collectorPort, options = [] } = place;
  const started = await start([
    ...[compiledCli, 'agent', '--source', 'tap', '--runtime-endpoint', runtime],
    ...[
      '--otlp-endpoint',
      `http://127.0.0.1:${collectorPort}`,
      '--metrics-port',
      '0',
      '--page-listen',
      '127.0.0.1:0',
    ],
    ...['--spool-dir', join(folder, `${name}-spool`), ...options],
  ]);
  let log = '';
  started.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  await waitFor(`critrace watches ${runtime}`, () => log.includes(`watching ${runtime}`), 60_000);
  return {
    ...started,
    async counters() {
      const before = log.length;
      started.child.kill('SIGUSR2');
      const lines = (): string[] => log.slice(before).split('\n').slice(0, -1);
      const said = (): string | undefined => lines().find((line) => line.includes('"msg":"health"'));
      await waitFor('the counters', () => said() !== undefined);
      const health: unknown = JSON.parse(said() ?? '{}').health;
      return (path) => numberAt(health, path);
    },
  };
};

/** What the kernel holds for a process's BPF maps, the rings among them, MiB. */
export const mapMegabytes = (pid: number): number => {
  const folder = `/proc/${pid}/fdinfo`;
  let bytes = 0;
  const seen = new Set<string>();
  for (const name of readdirSync(folder)) {
    const info = readFileSync(join(folder, name), 'latin1');
    const [, id = ''] = /^map_id:\s*(\d+)/m.exec(info) ?? [];
    if (id === '' || seen.has(id)) continue;
    seen.add(id);
    bytes += Number(/^memlock:\s*(\d+)/m.exec(info)?.[1] ?? 0);
  }
  return bytes / 2 ** 20;
};
