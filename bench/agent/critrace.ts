import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type StartedProcess, start, waitFor } from '../processes.ts';

export const compiledCli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export const accepts = (socket: string): Promise<boolean> =>
  new Promise((resolve) => {
    const connection = connect(socket);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => resolve(false));
  });

export interface AgentPlace {
  readonly folder: string;
  /** Names its socket and its spool in the folder. */
  readonly name: string;
  readonly runtime: string;
  /** Null: spans are made, and nobody takes them. */
  readonly collectorPort: number | null;
}

export interface RunningAgent extends StartedProcess {
  readonly socket: string;
}

/** The compiled `critrace agent` as the relay before a runtime, as a user starts it. */
export const startAgent = async (place: AgentPlace): Promise<RunningAgent> => {
  const { folder, name, runtime, collectorPort } = place;
  const socket = join(folder, `${name}.sock`);
  const exporting =
    collectorPort === null
      ? ['--traces-exporter', 'none']
      : [
          '--otlp-endpoint',
          `http://127.0.0.1:${collectorPort}`,
          '--spool-dir',
          join(folder, `${name}-spool`),
        ];
  const started = await start([
    ...[compiledCli, 'agent', '--source', 'proxy', '--runtime-endpoint', runtime],
    ...['--listen', socket, '--log-level', 'error', ...exporting],
    ...['--metrics-port', '0', '--page-listen', '127.0.0.1:0'],
  ]);
  await waitFor(`critrace listens on ${socket}`, () => accepts(socket));
  return { ...started, socket };
};
