import type { Direction } from '../../foundation/direction.ts';
import type { Nanos, Seen } from '../../foundation/time.ts';
import type { SourceEvent } from '../event.ts';
import { captureVersion } from './header.ts';
import { known } from './json.ts';
import { kernelFields } from './kernel-encoder.ts';

type Open = Extract<SourceEvent, { kind: 'open' }>;
type Fields = Record<string, unknown>;

interface OpenConnection {
  readonly open: Open;
  /** Offset of the next byte; null throughout where the first one was not seen, as `o` would be a guess. */
  readonly position: Record<Direction, number | null>;
}

/** Turns events into lines of a capture. Each call's result ends with a line end, or is empty. */
export interface CaptureEncoder {
  header(fields: Readonly<Record<string, unknown>>): string;
  event(event: SourceEvent): string;
  /** Opens again, as joined, what is open now: the head of a file that goes on where another one ended. */
  resume(): string;
}

/** 64-bit numbers are strings in a capture: JSON's numbers lose their low digits in most readers. */
const line = (fields: Fields): string =>
  `${JSON.stringify(fields, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}\n`;

const times = (seen: Seen): Fields => ({
  t: seen.at,
  ...(seen.sentAt === null ? {} : { s: seen.sentAt }),
  ...(seen.sentBound === true ? { sb: true } : {}),
});

const openLine = (open: Open, socket: string, at: Nanos, joined: boolean): string => {
  const { connection, client, server, endpoint } = open;
  return line({
    t: at,
    c: connection,
    e: 'open',
    ...known({
      pid: client.pid,
      pid_start: client.pidStart,
      uid: client.uid,
      comm: client.comm,
      cgroup: client.cgroup,
      server_pid: server.pid,
      server_pid_start: server.pidStart,
      server_uid: server.uid,
      server_comm: server.comm,
      server_cgroup: server.cgroup,
      endpoint: endpoint === socket ? null : endpoint,
    }),
    ...(joined ? { joined } : {}),
  });
};

const unknownServer = { pid: null, pidStart: null, uid: null, comm: null, cgroup: null };

/** `socket` is the header's: an endpoint that differs from it is written with the connection. */
export const createCaptureEncoder = (socket: string): CaptureEncoder => {
  const connections = new Map<number, OpenConnection>();
  let last = 0n;

  const opened = (open: Open): string => {
    const start = open.joined ? null : 0;
    connections.set(open.connection, { open, position: { request: start, response: start } });
    return openLine(open, socket, open.seen.at, open.joined);
  };

  /** Where a stretch of bytes stands that is seen or known to be missing. */
  const advance = (connection: number, direction: Direction, length: number): number | null => {
    const position = connections.get(connection)?.position;
    const offset = position?.[direction] ?? null;
    if (position !== undefined && offset !== null) position[direction] = offset + length;
    return offset;
  };

  const encode = (event: SourceEvent): string => {
    const t = times(event.seen);
    switch (event.kind) {
      case 'open':
        return opened(event);
      case 'data': {
        const { connection: c, direction: d, bytes } = event;
        const o = advance(c, d, bytes.length);
        const b = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
        const x = event.overwritten === undefined ? {} : { x: event.overwritten };
        return line({ ...t, c, e: 'data', d, ...(o === null ? {} : { o }), b, ...x });
      }
      case 'gap': {
        const { connection: c, direction: d, length: n } = event;
        advance(c, d, n);
        return line({ ...t, c, e: 'gap', d, n });
      }
      case 'end':
        return line({ ...t, c: event.connection, e: 'end', d: event.direction });
      case 'close':
        connections.delete(event.connection);
        return line({ ...t, c: event.connection, e: 'close' });
      case 'refused': {
        const { connection, seen, endpoint, client } = event;
        // Who was refused is known from the opening: one is made up where the source saw none.
        const open: Open = {
          kind: 'open',
          connection,
          seen,
          endpoint,
          client,
          server: unknownServer,
          joined: false,
        };
        const before = connections.delete(connection) ? '' : openLine(open, socket, seen.at, false);
        return before + line({ ...t, c: connection, e: 'refused' });
      }
      case 'kernel':
        return line({ ...t, e: 'kernel', ...kernelFields(event.event) });
    }
  };

  return {
    header: (fields) => line({ capture: captureVersion, socket, ...fields }),
    event(event) {
      last = event.seen.at;
      return encode(event);
    },
    resume: () => [...connections.values()].map(({ open }) => openLine(open, socket, last, true)).join(''),
  };
};
