import type { Direction } from '../../foundation/direction.ts';
import type { Seen } from '../../foundation/time.ts';
import type { KernelEvent } from '../../kernel/kernel-event.ts';
import type { Peer } from '../event.ts';
import { asObject, integer, type Json, nanos, text } from './json.ts';
import { kernelEvent } from './kernel-line.ts';

/** One line after the header, as written: nothing is checked against the lines before it. */
export type CaptureLine =
  | {
      readonly e: 'open';
      readonly c: number;
      readonly seen: Seen;
      readonly endpoint: string | null;
      readonly client: Peer;
      readonly server: Peer;
      readonly joined: boolean;
    }
  | {
      readonly e: 'data';
      readonly c: number;
      readonly seen: Seen;
      readonly direction: Direction;
      readonly bytes: Uint8Array;
      readonly offset: number | null;
      /** Null: none of these bytes were overwritten whole. */
      readonly overwritten: number | null;
    }
  | {
      readonly e: 'gap';
      readonly c: number;
      readonly seen: Seen;
      readonly direction: Direction;
      readonly length: number;
    }
  | { readonly e: 'end'; readonly c: number; readonly seen: Seen; readonly direction: Direction }
  | { readonly e: 'close'; readonly c: number; readonly seen: Seen }
  | { readonly e: 'refused'; readonly c: number; readonly seen: Seen }
  | { readonly e: 'kernel'; readonly seen: Seen; readonly event: KernelEvent }
  | { readonly e: 'header'; readonly recording: string | null }
  | { readonly e: 'unknown' }
  | { readonly e: 'bad' };

const bad: CaptureLine = { e: 'bad' };

const direction = (value: unknown): Direction | null =>
  value === 'request' || value === 'response' ? value : null;

/** Null unless all of the text is base64: Buffer.from skips what is not. */
const base64 = (value: unknown): Uint8Array | null => {
  if (typeof value !== 'string') return null;
  const padding = value.endsWith('==') ? 2 : value.endsWith('=') ? 1 : 0;
  const digits = value.length - padding;
  const bytes = Buffer.from(value, 'base64');
  return digits % 4 !== 1 && bytes.length === Math.floor((digits * 3) / 4) ? bytes : null;
};

const client = (line: Json): Peer => ({
  pid: integer(line.pid, 0),
  pidStart: nanos(line.pid_start),
  uid: integer(line.uid, 0),
  comm: text(line.comm),
  cgroup: text(line.cgroup),
});

const server = (line: Json): Peer => ({
  pid: integer(line.server_pid, 0),
  pidStart: nanos(line.server_pid_start),
  uid: integer(line.server_uid, 0),
  comm: text(line.server_comm),
  cgroup: text(line.server_cgroup),
});

const kernel = (line: Json, seen: Seen): CaptureLine => {
  const event = kernelEvent(line);
  return typeof event === 'string' ? { e: event } : { e: 'kernel', seen, event };
};

const ofConnection = (line: Json, c: number, seen: Seen): CaptureLine => {
  const d = direction(line.d);
  switch (line.e) {
    case 'open': {
      const joined = line.joined === true;
      return {
        e: 'open',
        c,
        seen,
        endpoint: text(line.endpoint),
        client: client(line),
        server: server(line),
        joined,
      };
    }
    case 'data': {
      const bytes = base64(line.b);
      const offset = line.o === undefined || line.o === null ? null : integer(line.o, 0);
      if (d === null || bytes === null || (offset === null && typeof line.o === 'number')) return bad;
      return { e: 'data', c, seen, direction: d, bytes, offset, overwritten: integer(line.x, 1) };
    }
    case 'gap': {
      const length = integer(line.n, 1);
      return d === null || length === null ? bad : { e: 'gap', c, seen, direction: d, length };
    }
    case 'end':
      return d === null ? bad : { e: 'end', c, seen, direction: d };
    case 'close':
      return { e: 'close', c, seen };
    case 'refused':
      return { e: 'refused', c, seen };
    default:
      return bad;
  }
};

const events = new Set<unknown>(['open', 'data', 'gap', 'end', 'close', 'refused', 'kernel']);

/** Reads one line of a capture. Keys that are not known are left alone; a peer's field of the wrong type is null. */
export const parseLine = (json: string): CaptureLine => {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return bad;
  }
  const line = asObject(value);
  if (line === null) return bad;
  if (line.e === undefined && typeof line.capture === 'number')
    return { e: 'header', recording: text(line.recording) };
  if (typeof line.e !== 'string') return bad;
  if (!events.has(line.e)) return { e: 'unknown' };
  const at = nanos(line.t);
  if (at === null) return bad;
  const sentAt = nanos(line.s);
  const seen: Seen = { at, sentAt, ...(sentAt !== null && line.sb === true ? { sentBound: true } : {}) };
  if (line.e === 'kernel') return kernel(line, seen);
  const c = integer(line.c, Number.MIN_SAFE_INTEGER);
  return c === null ? bad : ofConnection(line, c, seen);
};
