/** Bounds of what is read from one call's messages. What is beyond them is counted, never kept in part. */
export interface CriLimits {
  /** Bytes of one kept top-level field (an item of a list): longer ones are counted and skipped. */
  readonly maxItemBytes: number;
  /** Items of list replies kept with their identity, all messages of a call together. All are counted. */
  readonly maxItems: number;
  /** Bytes of the fields from which something is kept, of one call and direction. */
  readonly maxKeptBytes: number;
  /** Elements kept of a repeated field inside an item. */
  readonly maxRepeated: number;
  /** Bytes of one kept string. A Kubernetes name has 253 at most, an image reference under 600. */
  readonly maxTextBytes: number;
  /** Messages inside of messages whose reading is remembered, those of all calls together. */
  readonly maxRemembered: number;
  /** Bytes of such a message from which something is kept: one with more is not remembered. Below 64 kB. */
  readonly maxExtractBytes: number;
  /** Messages of a stream whose kept fields are held until the call ends. */
  readonly maxKeptMessages: number;
  /** Bytes held of a compressed message until it is complete. */
  readonly maxCompressedBytes: number;
  /** Bytes that a compressed message may unfold to. */
  readonly maxInflatedBytes: number;
  /** Bytes of whole messages held and shown by `--full`, of one call and direction. */
  readonly maxFullBytes: number;
  /** Messages shown by `--full`, of one call and direction. */
  readonly maxFullMessages: number;
}

export const defaultCriLimits: CriLimits = {
  maxItemBytes: 1 << 20,
  maxItems: 4096,
  maxKeptBytes: 32 << 20,
  maxRepeated: 256,
  maxTextBytes: 1024,
  maxRemembered: 2048,
  maxExtractBytes: 2048,
  maxKeptMessages: 64,
  maxCompressedBytes: 4 << 20,
  maxInflatedBytes: 16 << 20,
  maxFullBytes: 4 << 20,
  maxFullMessages: 64,
};

/** What was read, and what the bounds left out. */
export interface CriCounters {
  messages: number;
  bytes: number;
  /** Messages that are not what the schema says, or that broke off. */
  broken: number;
  /** Fields whose number or wire type the schema does not know. */
  unknownFields: number;
  compressed: number;
  /** Kept fields over `maxItemBytes`. */
  overItemBytes: number;
  /** Kept fields over `maxKeptBytes`. */
  overKeptBytes: number;
  /** Items over `maxItems`, elements over `maxRepeated`. */
  overItems: number;
  /** Strings over `maxTextBytes`. */
  overTextBytes: number;
  /** Readings over `maxRemembered`: what comes again is read again. */
  forgotten: number;
  /** Messages over `maxKeptMessages`: read and counted, their fields not held. */
  overKeptMessages: number;
  /** Messages over `maxCompressedBytes` or `maxInflatedBytes`. */
  overInflated: number;
  /** Messages over `maxFullBytes` or `maxFullMessages`. */
  overFull: number;
}

export const createCriCounters = (): CriCounters => ({
  messages: 0,
  bytes: 0,
  broken: 0,
  unknownFields: 0,
  compressed: 0,
  overItemBytes: 0,
  overKeptBytes: 0,
  overItems: 0,
  overTextBytes: 0,
  forgotten: 0,
  overKeptMessages: 0,
  overInflated: 0,
  overFull: 0,
});
