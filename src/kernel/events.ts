import type { Direction } from '../foundation/direction.ts';
import type { Nanos } from '../foundation/time.ts';
import { eventConstants, eventLayouts } from './event-layouts.ts';

// The records of native/include/events.h. A test holds every number here against the C compiler's.

/** Byte offsets of the fields of struct critrace_NAME, and its size. */
export const recordLayouts = {
  process: { start: 0, pid: 8, uid: 12, comm: 16, size: 32 },
  side: {
    connection: 8,
    opened_at: 16,
    ended_at: 24,
    offset: 32,
    inode: 40,
    peer_inode: 44,
    endpoint: 48,
    direction: 52,
    flags: 53,
    client: 56,
    server: 88,
    size: 120,
  },
  data: { connection: 8, offset: 16, at: 24, length: 32, direction: 36, size: 40 },
  endpoint: { endpoint: 8, watched: 12, size: 16 },
  refusal: { first_at: 8, at: 16, count: 24, endpoint: 32, client: 40, size: 72 },
  round: {
    at: 8,
    lost_records: 16,
    lost_bytes: 24,
    table_full: 32,
    uncertain: 40,
    ring_bytes: 48,
    lost_events: 56,
    family_full: 64,
    refused_full: 72,
    size: 80,
  },
} as const;

/** The macros CRITRACE_NAME. */
export const recordConstants = {
  RECORD_SIDE: 1,
  RECORD_DATA: 2,
  RECORD_ENDPOINT: 3,
  RECORD_ROUND: 4,
  RECORD_SENT: 5,
  RECORD_REFUSAL: 6,
  REQUEST: 0,
  RESPONSE: 1,
  SIDE_JOINED: 1,
  SIDE_CLOSED: 2,
  SIDE_ENDED: 4,
  MAX_ENDPOINTS: 8,
  COMM_BYTES: 16,
} as const;

/** Times of records are CLOCK_MONOTONIC. */
export interface KernelProcess {
  /** Nanoseconds between boot and its start. */
  readonly start: Nanos | null;
  readonly pid: number | null;
  readonly uid: number | null;
  readonly comm: string | null;
}

export type KernelRecord =
  /** One end of a connection as it stands: it carries the direction that it reads. */
  | {
      readonly kind: 'side';
      readonly connection: bigint;
      readonly openedAt: Nanos;
      readonly endedAt: Nanos | null;
      /** Bytes of its direction read since `openedAt`, lost ones included. */
      readonly offset: bigint;
      readonly inode: number;
      /** Null: the other end was closed when the connection was first met. */
      readonly peerInode: number | null;
      readonly endpoint: number;
      readonly direction: Direction;
      readonly joined: boolean;
      readonly closed: boolean;
      readonly ended: boolean;
      readonly client: KernelProcess;
      readonly server: KernelProcess;
    }
  | {
      readonly kind: 'data';
      readonly connection: bigint;
      readonly offset: bigint;
      readonly at: Nanos;
      readonly direction: Direction;
      /** Part of the drained buffer. */
      readonly bytes: Uint8Array;
    }
  /** The write of so many bytes has returned; they may have been read before. */
  | {
      readonly kind: 'sent';
      readonly connection: bigint;
      readonly offset: bigint;
      readonly at: Nanos;
      readonly direction: Direction;
      readonly length: number;
    }
  /** A kernel event: src/kernel/event-records.ts reads it. */
  | { readonly kind: 'event'; readonly at: Nanos; readonly record: Buffer }
  | { readonly kind: 'endpoint'; readonly endpoint: number; readonly watched: boolean }
  /** So many connects of a process that failed. */
  | {
      readonly kind: 'refusal';
      readonly endpoint: number;
      readonly firstAt: Nanos;
      readonly at: Nanos;
      readonly count: bigint;
      readonly client: KernelProcess;
    }
  | {
      readonly kind: 'round';
      readonly at: Nanos;
      readonly lostRecords: bigint;
      readonly lostBytes: bigint;
      readonly tableFull: bigint;
      readonly uncertain: bigint;
      readonly ringBytes: bigint;
      readonly lostEvents: bigint;
      readonly familyFull: bigint;
      readonly refusedFull: bigint;
    };

const headerBytes = 8;
const unknownUid = 0xffff_ffff;

const directionOf = (value: number): Direction =>
  value === recordConstants.REQUEST ? 'request' : 'response';

const nonZero = (value: bigint): bigint | null => (value === 0n ? null : value);

export const processAt = (buffer: Buffer, at: number): KernelProcess => {
  const { start, pid, uid, comm } = recordLayouts.process;
  const number = buffer.readUInt32LE(at + pid);
  const owner = buffer.readUInt32LE(at + uid);
  const name = buffer.subarray(at + comm, at + comm + recordConstants.COMM_BYTES);
  const end = name.indexOf(0);
  const text = name.toString('utf8', 0, end < 0 ? name.length : end);
  return {
    start: nonZero(buffer.readBigUInt64LE(at + start)),
    pid: number === 0 ? null : number,
    uid: owner === unknownUid ? null : owner,
    comm: text === '' ? null : text,
  };
};

const sideAt = (buffer: Buffer, at: number): KernelRecord => {
  const layout = recordLayouts.side;
  const flags = buffer.readUInt8(at + layout.flags);
  const peerInode = buffer.readUInt32LE(at + layout.peer_inode);
  return {
    kind: 'side',
    connection: buffer.readBigUInt64LE(at + layout.connection),
    openedAt: buffer.readBigUInt64LE(at + layout.opened_at),
    endedAt: nonZero(buffer.readBigUInt64LE(at + layout.ended_at)),
    offset: buffer.readBigUInt64LE(at + layout.offset),
    inode: buffer.readUInt32LE(at + layout.inode),
    peerInode: peerInode === 0 ? null : peerInode,
    endpoint: buffer.readUInt32LE(at + layout.endpoint),
    direction: directionOf(buffer.readUInt8(at + layout.direction)),
    joined: (flags & recordConstants.SIDE_JOINED) !== 0,
    closed: (flags & recordConstants.SIDE_CLOSED) !== 0,
    ended: (flags & recordConstants.SIDE_ENDED) !== 0,
    client: processAt(buffer, at + layout.client),
    server: processAt(buffer, at + layout.server),
  };
};

const dataAt = (buffer: Buffer, at: number, size: number): KernelRecord | null => {
  const layout = recordLayouts.data;
  const length = buffer.readUInt32LE(at + layout.length);
  if (length > size - layout.size) return null;
  const from = at + layout.size;
  return {
    kind: 'data',
    connection: buffer.readBigUInt64LE(at + layout.connection),
    offset: buffer.readBigUInt64LE(at + layout.offset),
    at: buffer.readBigUInt64LE(at + layout.at),
    direction: directionOf(buffer.readUInt8(at + layout.direction)),
    bytes: buffer.subarray(from, from + length),
  };
};

const sentAt = (buffer: Buffer, at: number): KernelRecord => {
  const layout = recordLayouts.data;
  return {
    kind: 'sent',
    connection: buffer.readBigUInt64LE(at + layout.connection),
    offset: buffer.readBigUInt64LE(at + layout.offset),
    at: buffer.readBigUInt64LE(at + layout.at),
    direction: directionOf(buffer.readUInt8(at + layout.direction)),
    length: buffer.readUInt32LE(at + layout.length),
  };
};

const endpointAt = (buffer: Buffer, at: number): KernelRecord => ({
  kind: 'endpoint',
  endpoint: buffer.readUInt32LE(at + recordLayouts.endpoint.endpoint),
  watched: buffer.readUInt32LE(at + recordLayouts.endpoint.watched) !== 0,
});

const refusalAt = (buffer: Buffer, at: number): KernelRecord => {
  const layout = recordLayouts.refusal;
  return {
    kind: 'refusal',
    endpoint: buffer.readUInt32LE(at + layout.endpoint),
    firstAt: buffer.readBigUInt64LE(at + layout.first_at),
    at: buffer.readBigUInt64LE(at + layout.at),
    count: buffer.readBigUInt64LE(at + layout.count),
    client: processAt(buffer, at + layout.client),
  };
};

const roundAt = (buffer: Buffer, at: number): KernelRecord => {
  const layout = recordLayouts.round;
  return {
    kind: 'round',
    at: buffer.readBigUInt64LE(at + layout.at),
    lostRecords: buffer.readBigUInt64LE(at + layout.lost_records),
    lostBytes: buffer.readBigUInt64LE(at + layout.lost_bytes),
    tableFull: buffer.readBigUInt64LE(at + layout.table_full),
    uncertain: buffer.readBigUInt64LE(at + layout.uncertain),
    ringBytes: buffer.readBigUInt64LE(at + layout.ring_bytes),
    lostEvents: buffer.readBigUInt64LE(at + layout.lost_events),
    familyFull: buffer.readBigUInt64LE(at + layout.family_full),
    refusedFull: buffer.readBigUInt64LE(at + layout.refused_full),
  };
};

/** Kinds from here on are kernel events. */
const firstEvent = eventConstants.RECORD_FORK;

const recordAt = (buffer: Buffer, at: number, size: number): KernelRecord | null => {
  const kind = buffer.readUInt32LE(at + 4);
  if (kind >= firstEvent) {
    if (size < eventLayouts.event.size) return null;
    const time = buffer.readBigUInt64LE(at + eventLayouts.event.at);
    return { kind: 'event', at: time, record: buffer.subarray(at, at + size) };
  }
  switch (kind) {
    case recordConstants.RECORD_SIDE:
      return size < recordLayouts.side.size ? null : sideAt(buffer, at);
    case recordConstants.RECORD_DATA:
      return size < recordLayouts.data.size ? null : dataAt(buffer, at, size);
    case recordConstants.RECORD_SENT:
      return size < recordLayouts.data.size ? null : sentAt(buffer, at);
    case recordConstants.RECORD_ENDPOINT:
      return size < recordLayouts.endpoint.size ? null : endpointAt(buffer, at);
    case recordConstants.RECORD_REFUSAL:
      return size < recordLayouts.refusal.size ? null : refusalAt(buffer, at);
    case recordConstants.RECORD_ROUND:
      return size < recordLayouts.round.size ? null : roundAt(buffer, at);
    default:
      return null;
  }
};

/** What a drain has filled in. Records that make no sense are left out; lengths that make none end the list. */
export const readRecords = (buffer: Buffer): KernelRecord[] => {
  const records: KernelRecord[] = [];
  for (let at = 0; at + headerBytes <= buffer.length; ) {
    const size = buffer.readUInt32LE(at);
    if (size < headerBytes || at + size > buffer.length) break;
    const record = recordAt(buffer, at, size);
    if (record !== null) records.push(record);
    at += size;
  }
  return records;
};
