/** RFC 9113 section 4.1: a length of three octets, type, flags, and a stream of 31 bits. */
export const frameHeaderBytes = 9;

/** SETTINGS_MAX_FRAME_SIZE before anyone raises it (RFC 9113 section 6.5.2). */
export const initialMaxFrameBytes = 16_384;

/** RFC 9113 section 6. */
export const frameType = {
  data: 0x0,
  headers: 0x1,
  priority: 0x2,
  rstStream: 0x3,
  settings: 0x4,
  pushPromise: 0x5,
  ping: 0x6,
  goaway: 0x7,
  windowUpdate: 0x8,
  continuation: 0x9,
} as const;

/** Flags share bits between types. */
export const flag = {
  endStream: 0x1,
  ack: 0x1,
  endHeaders: 0x4,
  padded: 0x8,
  priority: 0x20,
} as const;

/** RFC 9113 section 6.5.2; the others say nothing about what an observer must expect. */
export const settingsParameter = { headerTableSize: 0x1, maxFrameSize: 0x5 } as const;

export const settingBytes = 6;

export interface FrameHeader {
  /** Octets of payload. */
  readonly length: number;
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
}

export const uint32At = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)) >>>
  0;

export const uint24At = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);

/** A stream, an error's last stream: 31 bits, the reserved one ignored. */
export const streamAt = (bytes: Uint8Array, at: number): number => uint32At(bytes, at) & 0x7fff_ffff;
