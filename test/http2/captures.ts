import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Step } from './wire.ts';

const folder = new URL('../fixtures/captures/', import.meta.url);

export const captureNames: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith('.jsonl.gz') && !name.endsWith('.truth.jsonl.gz'))
  .map((name) => name.slice(0, -'.jsonl.gz'.length));

const lines = (name: string): Record<string, unknown>[] =>
  gunzipSync(readFileSync(new URL(name, folder)))
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

/** The octets of a capture, by connection. */
export const connectionsOf = (name: string): Map<number, Step[]> => {
  const connections = new Map<number, Step[]>();
  for (const { e, c, d, b } of lines(`${name}.jsonl.gz`)) {
    if (e === 'open') connections.set(Number(c), []);
    if (e === 'data' && (d === 'request' || d === 'response'))
      connections
        .get(Number(c))
        ?.push({ direction: d, bytes: Uint8Array.from(Buffer.from(String(b), 'base64')) });
  }
  return connections;
};

export interface TruthLine {
  readonly connection: number;
  readonly stream: number;
  readonly path: string;
  readonly status: string;
}

export const truthOf = (name: string): TruthLine[] =>
  lines(`${name}.truth.jsonl.gz`).map(({ conn, stream, path, status }) => ({
    connection: Number(conn),
    stream: Number(stream),
    path: String(path),
    status: String(status ?? ''),
  }));
