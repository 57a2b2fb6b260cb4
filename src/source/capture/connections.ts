import type { Direction } from '../../foundation/direction.ts';
import type { Seen } from '../../foundation/time.ts';
import type { Peer, SourceEvent } from '../event.ts';
import type { CaptureHeader } from './header.ts';
import type { CaptureCounters, CaptureLimits } from './limits.ts';
import type { CaptureLine } from './line.ts';

interface OpenConnection {
  readonly endpoint: string;
  readonly client: Peer;
  /** Bytes seen or known to be missing so far; null while a joined connection has not said where it stands. */
  readonly position: Record<Direction, number | null>;
}

/** Holds the lines of a capture against each other, and says what they amount to. */
export interface CaptureConnections {
  /** Appends the events of one line to `out`. */
  line(line: CaptureLine, out: SourceEvent[]): void;
}

export const createCaptureConnections = (
  header: CaptureHeader,
  limits: CaptureLimits,
  counters: CaptureCounters,
): CaptureConnections => {
  const open = new Map<number, OpenConnection>();
  const closed = new Set<number>();
  let last = 0n;
  /** A later file of the same recording follows: it opens again what is open. */
  let resuming = false;

  /** Time does not run backwards in a capture. */
  const clamp = (seen: Seen): Seen => {
    if (seen.at >= last) {
      last = seen.at;
      return seen;
    }
    counters.clampedTimes += 1;
    return { ...seen, at: last };
  };

  const opened = (line: Extract<CaptureLine, { e: 'open' }>, out: SourceEvent[]): void => {
    const { c, joined, client, server } = line;
    const known = open.get(c);
    if (known !== undefined && joined && resuming) {
      counters.resumedConnections += 1;
      return;
    }
    if (known !== undefined || closed.has(c)) {
      counters.reusedConnections += 1;
      return;
    }
    if (open.size + closed.size >= limits.maxConnections) {
      counters.overConnectionLimit += 1;
      return;
    }
    const endpoint = line.endpoint ?? header.socket;
    const start = joined ? null : 0;
    open.set(c, { endpoint, client, position: { request: start, response: start } });
    out.push({ kind: 'open', connection: c, seen: clamp(line.seen), endpoint, client, server, joined });
  };

  const find = (c: number): OpenConnection | undefined => {
    const connection = open.get(c);
    if (connection !== undefined) return connection;
    if (closed.has(c)) counters.afterClose += 1;
    else counters.beforeOpen += 1;
    return undefined;
  };

  const data = (
    line: Extract<CaptureLine, { e: 'data' }>,
    connection: OpenConnection,
    out: SourceEvent[],
  ): void => {
    const { c, direction, offset } = line;
    const seen = clamp(line.seen);
    let { bytes } = line;
    let position = connection.position[direction] ?? offset;
    if (position !== null && offset !== null && offset > position) {
      const length = offset - position;
      counters.skippedBytes += length;
      out.push({ kind: 'gap', connection: c, seen, direction, length });
      position = offset;
    }
    if (position !== null && offset !== null && offset < position) {
      const repeated = Math.min(position - offset, bytes.length);
      counters.duplicateBytes += repeated;
      bytes = bytes.subarray(repeated);
    }
    if (position !== null) connection.position[direction] = position + bytes.length;
    if (bytes.length === 0) return;
    const mark = line.overwritten === null ? {} : { overwritten: Math.min(line.overwritten, bytes.length) };
    out.push({ kind: 'data', connection: c, seen, direction, bytes, ...mark });
  };

  const close = (c: number): void => {
    open.delete(c);
    closed.add(c);
  };

  return {
    line(line, out) {
      switch (line.e) {
        case 'bad':
          counters.badLines += 1;
          return;
        case 'unknown':
          counters.unknownEvents += 1;
          return;
        case 'header':
          counters.extraHeaders += 1;
          resuming = line.recording !== null && line.recording === header.fields.recording;
          return;
        case 'kernel':
          out.push({ kind: 'kernel', seen: clamp(line.seen), event: line.event });
          return;
        case 'open':
          opened(line, out);
          return;
      }
      const connection = find(line.c);
      if (connection === undefined) return;
      switch (line.e) {
        case 'data':
          data(line, connection, out);
          return;
        case 'gap': {
          const { c, direction, length } = line;
          const position = connection.position[direction];
          if (position !== null) connection.position[direction] = position + length;
          out.push({ kind: 'gap', connection: c, seen: clamp(line.seen), direction, length });
          return;
        }
        case 'end':
          out.push({ kind: 'end', connection: line.c, seen: clamp(line.seen), direction: line.direction });
          return;
        case 'close':
          close(line.c);
          out.push({ kind: 'close', connection: line.c, seen: clamp(line.seen) });
          return;
        case 'refused': {
          const { endpoint, client } = connection;
          close(line.c);
          out.push({ kind: 'refused', connection: line.c, seen: clamp(line.seen), endpoint, client });
          return;
        }
      }
    },
  };
};
