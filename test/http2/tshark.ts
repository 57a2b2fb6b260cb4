import { execFileSync } from 'node:child_process';
import type { Direction } from '../../src/foundation/direction.ts';

/** A frame as tshark read it; `fields` of a frame with a header block, `name: value` in order. */
export interface TsharkFrame {
  /** Ordinal of the TCP connection in the file. */
  readonly connection: number;
  readonly direction: Direction;
  readonly stream: number;
  readonly type: number;
  readonly flags: number;
  readonly length: number;
  readonly fields: readonly string[];
}

const columns = [
  'tcp.stream',
  'tcp.dstport',
  'http2.streamid',
  'http2.type',
  'http2.flags',
  'http2.length',
  'http2.header.count',
  'http2.header.name',
  'http2.header.value',
] as const;

/** No header of a CRI call holds it. */
const between = '|';

const headersType = 1;

const run = (args: readonly string[]): string => {
  try {
    return execFileSync('tshark', args, {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new Error('tshark is missing, and nothing else here decodes HTTP/2: .ci/setup test installs it', {
        cause: error,
      });
    throw error;
  }
};

const list = (column: string | undefined): string[] =>
  column === undefined || column === '' ? [] : column.split(between);

/** All frames of a pcap file. A segment may end many frames: tshark gives a list of each column for it. */
export const tsharkFrames = (pcap: string, serverPort: number): TsharkFrame[] => {
  const output = run([
    ...['-n', '-r', pcap, '-d', `tcp.port==${serverPort},http2`, '-Y', 'http2.streamid'],
    // Only HTTP/2 is asked for.
    ...['--disable-protocol', 'grpc', '--disable-protocol', 'protobuf'],
    ...['-T', 'fields', '-E', 'separator=/t', '-E', `aggregator=${between}`],
    ...columns.flatMap((name) => ['-e', name]),
  ]);
  return output.split('\n').flatMap((line): TsharkFrame[] => {
    if (line === '') return [];
    const [connection, port, streams, types, flags, lengths, counts, names, values] = line.split('\t');
    const [type, flag, length, count] = [types, flags, lengths, counts].map(list);
    const name = list(names);
    // A single empty value is an empty column.
    const value = name.length === 1 ? [values ?? ''] : list(values);
    const blocks = count?.values();
    let taken = 0;
    const frames = list(streams).map((stream, at): TsharkFrame => {
      const isHeaders = Number(type?.[at]) === headersType;
      const from = taken;
      if (isHeaders) taken += Number(blocks?.next().value ?? 0);
      return {
        connection: Number(connection),
        direction: Number(port) === serverPort ? 'request' : 'response',
        stream: Number(stream),
        type: Number(type?.[at]),
        flags: Number(flag?.[at]),
        length: Number(length?.[at]),
        fields: name.slice(from, taken).map((text, index) => `${text}: ${value[from + index]}`),
      };
    });
    if (taken !== name.length || name.length !== value.length)
      throw new Error(`tshark's columns do not fit each other: ${line}`);
    return frames;
  });
};
