import { type Direction, directions } from '../../foundation/direction.ts';
import type { Nanos } from '../../foundation/time.ts';
import type { KernelProcess, KernelRecord } from '../../kernel/events.ts';
import type { Peer, SourceEvent } from '../event.ts';
import type { TapCounters, TapLimits } from './limits.ts';
import type { TapTimes } from './times.ts';
import { createWrites, type Writes } from './writes.ts';

type Side = Extract<KernelRecord, { kind: 'side' }>;
type Data = Extract<KernelRecord, { kind: 'data' }>;
type Sent = Extract<KernelRecord, { kind: 'sent' }>;
type Refusal = Extract<KernelRecord, { kind: 'refusal' }>;

/** One direction of a connection. */
interface Way {
  /** As last told: of the end that reads this direction. */
  side: Side | null;
  /** Bytes that were yielded, as data or as gap. */
  told: bigint;
  /**
   * What the kernel had counted when a round ended, and more than was told: the rest may still be on its way through
   * the ring. If it has not come by the end of the next round, it is lost.
   */
  owed: bigint | null;
  ended: boolean;
  readonly writes: Writes;
}

interface Connection {
  /** In the order of opening; 0 before it. */
  number: number;
  readonly first: Side;
  readonly ways: Readonly<Record<Direction, Way>>;
}

export interface TapConnectionsOptions {
  readonly endpoints: readonly string[];
  readonly peerOf: (process: KernelProcess) => Peer;
  readonly times: TapTimes;
  /** The kernel tells when a write returns. */
  readonly tellsWrites: boolean;
  readonly limits: Pick<TapLimits, 'maxWaitingWrites' | 'maxRefusals'>;
  readonly counters: TapCounters;
}

/**
 * Turns the records of rounds into a source's events. A round tells first what has changed of the connections, then
 * the bytes that were read before it began, then that it is over.
 */
export interface TapConnections {
  /** Appends to `out`. */
  take(record: KernelRecord, out: SourceEvent[]): void;
}

/** What a socket is called where it is: a process by whose view it was found may not be there tomorrow. */
const nameOf = (endpoint: string): string => endpoint.replace(/^\/proc\/\d+\/root(?=\/)/, '');

export const createTapConnections = (options: TapConnectionsOptions): TapConnections => {
  const { endpoints, peerOf, counters, tellsWrites, limits } = options;
  const { seen } = options.times;
  const connections = new Map<bigint, Connection>();
  /** Those of which a round may have more to say. */
  const changed = new Set<bigint>();
  /** Ends of file that were read at a known time and are not told yet. */
  let ends: { readonly key: bigint; readonly direction: Direction; readonly at: Nanos }[] = [];
  let lastNumber = 0;
  let events: SourceEvent[] = [];

  const newWay = (joined: boolean): Way => ({
    side: null,
    told: 0n,
    owed: null,
    ended: false,
    writes: createWrites(tellsWrites && !joined, limits.maxWaitingWrites, () => {
      counters.droppedWrites += 1;
    }),
  });

  const isOpen = (key: bigint): boolean => (connections.get(key)?.number ?? 0) > 0;

  const open = (connection: Connection, at: Nanos): void => {
    if (connection.number > 0) return;
    lastNumber += 1;
    connection.number = lastNumber;
    const { first, number } = connection;
    counters.connections += 1;
    counters.openNow += 1;
    if (first.joined) counters.joined += 1;
    const client = peerOf(first.client);
    if (client.pid === null) counters.unknownCallers += 1;
    events.push({
      kind: 'open',
      connection: number,
      seen: seen(at < first.openedAt ? at : first.openedAt),
      endpoint: nameOf(endpoints[first.endpoint] ?? ''),
      client,
      server: peerOf(first.server),
      joined: first.joined,
    });
  };

  /** The kernel numbers connections in the order of their first byte or end: they are opened in this order. */
  const openUpTo = (key: bigint | null, at: Nanos): void => {
    const unopened = [...changed].filter((other) => (key === null || other <= key) && !isOpen(other));
    for (const other of unopened.sort((a, b) => (a < b ? -1 : 1))) {
      const connection = connections.get(other);
      if (connection !== undefined) open(connection, at);
    }
  };

  const gap = (connection: Connection, direction: Direction, until: bigint, at: Nanos): void => {
    const way = connection.ways[direction];
    const length = Number(until - way.told);
    way.told = until;
    counters.lostBytes += length;
    events.push({ kind: 'gap', connection: connection.number, seen: seen(at), direction, length });
  };

  /** An end comes after all that was read before it. */
  const endIfTold = (connection: Connection, direction: Direction, at: Nanos): void => {
    const way = connection.ways[direction];
    const { side } = way;
    if (way.ended || side === null || !(side.ended || side.closed) || side.offset > way.told) return;
    way.ended = true;
    const when = side.endedAt ?? at;
    events.push({ kind: 'end', connection: connection.number, seen: seen(when), direction });
  };

  /** Those that were read before `at`: what has happened since comes after them, on whichever connection. */
  const endUpTo = (at: Nanos): void => {
    if (!ends.some((end) => end.at <= at)) return;
    const due = ends.filter((end) => end.at <= at).sort((a, b) => (a.at < b.at ? -1 : 1));
    ends = ends.filter((end) => end.at > at);
    for (const end of due) {
      const connection = connections.get(end.key);
      if (connection === undefined) continue;
      openUpTo(end.key, end.at);
      endIfTold(connection, end.direction, end.at);
    }
  };

  const takeSide = (side: Side): void => {
    let connection = connections.get(side.connection);
    if (connection === undefined) {
      connection = {
        number: 0,
        first: side,
        ways: { request: newWay(side.joined), response: newWay(side.joined) },
      };
      connections.set(side.connection, connection);
    }
    const way = connection.ways[side.direction];
    way.side = side;
    changed.add(side.connection);
    if (side.endedAt !== null && !way.ended)
      ends.push({ key: side.connection, direction: side.direction, at: side.endedAt });
  };

  const takeData = (data: Data): void => {
    const connection = connections.get(data.connection);
    if (connection === undefined) {
      counters.strayRecords += 1;
      return;
    }
    if (connection.number === 0) openUpTo(data.connection, data.at);
    const { direction } = data;
    const way = connection.ways[direction];
    if (data.offset > way.told) gap(connection, direction, data.offset, data.at);
    const from = way.told;
    const repeated = Number(from - data.offset);
    counters.repeatedBytes += Math.min(repeated, data.bytes.length);
    if (repeated >= data.bytes.length || way.ended) return;
    const bytes = data.bytes.subarray(repeated);
    way.told += BigInt(bytes.length);
    counters[direction === 'request' ? 'requestBytes' : 'responseBytes'] += bytes.length;
    const at = seen(data.at, way.writes.of(from, data.at));
    events.push({ kind: 'data', connection: connection.number, seen: at, direction, bytes });
  };

  const takeSent = ({ connection, direction, offset, length, at }: Sent): void => {
    connections.get(connection)?.ways[direction].writes.returned(offset, length, at);
  };

  /** When each but the first and the last was, the kernel does not keep. */
  const takeRefusal = ({ endpoint, firstAt, at, count, client }: Refusal): void => {
    const told = Math.min(Number(count), limits.maxRefusals);
    counters.untoldRefusals += Number(count) - told;
    const refused = { endpoint: nameOf(endpoints[endpoint] ?? ''), client: peerOf(client) };
    for (let time = 0; time < told; time++) {
      lastNumber += 1;
      events.push({
        kind: 'refused',
        connection: lastNumber,
        seen: seen(time === 0 ? firstAt : at),
        ...refused,
      });
    }
  };

  /** True when all is told that the kernel had counted. */
  const settle = (connection: Connection, direction: Direction, at: Nanos): boolean => {
    const way = connection.ways[direction];
    if (way.owed !== null && way.told < way.owed) gap(connection, direction, way.owed, at);
    const counted = way.side?.offset ?? 0n;
    way.owed = counted > way.told ? counted : null;
    endIfTold(connection, direction, at);
    return way.owed === null;
  };

  /** Every end that was ever met is closed. */
  const isOver = ({ ways, first }: Connection): boolean => {
    const sides = directions.map((direction) => ways[direction].side);
    const all = first.peerInode === null || sides.every((side) => side !== null);
    return all && sides.every((side) => side === null || side.closed);
  };

  const endRound = (at: Nanos): void => {
    endUpTo(at);
    ends = [];
    openUpTo(null, at);
    for (const key of changed) {
      const connection = connections.get(key);
      if (connection === undefined) continue;
      const settled = directions.map((direction) => settle(connection, direction, at));
      if (settled.includes(false)) continue;
      changed.delete(key);
      if (!isOver(connection)) continue;
      for (const direction of directions) {
        if (connection.ways[direction].ended) continue;
        events.push({ kind: 'end', connection: connection.number, seen: seen(at), direction });
      }
      events.push({ kind: 'close', connection: connection.number, seen: seen(at) });
      connections.delete(key);
      counters.openNow -= 1;
    }
  };

  return {
    take(record, out) {
      events = out;
      if ('at' in record) endUpTo(record.at);
      if (record.kind === 'side') takeSide(record);
      else if (record.kind === 'data') takeData(record);
      else if (record.kind === 'sent') takeSent(record);
      else if (record.kind === 'refusal') takeRefusal(record);
      else if (record.kind === 'round') endRound(record.at);
    },
  };
};
