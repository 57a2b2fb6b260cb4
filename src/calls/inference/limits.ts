/** Bounds of what is held to name the calls of one connection whose paths were sent before the observer came. */
export interface InferenceLimits {
  /** Bytes looked at of the first message of each direction of a call. */
  readonly maxSampleBytes: number;
  /** Bytes of samples held for one connection, of calls that are open or have no name yet. */
  readonly maxHeldBytes: number;
  /** Table entries about which something is believed; the least recently used makes room. */
  readonly maxEntries: number;
  /** Uses of an entry that are checked against its name; later ones are only decoded by it. */
  readonly maxChecks: number;
  /** Ended calls that later evidence may still name, or name anew. */
  readonly maxRevisable: number;
  /** Sandboxes and containers whose state is known, of each kind. */
  readonly maxIds: number;
  /** Calls that wait for the next list to show what they did. */
  readonly maxPending: number;
  /** Client processes about which something is known that holds for all their connections. */
  readonly maxClients: number;
}

export const defaultInferenceLimits: InferenceLimits = {
  maxSampleBytes: 64 << 10,
  maxHeldBytes: 4 << 20,
  maxEntries: 256,
  maxChecks: 64,
  maxRevisable: 1024,
  maxIds: 8192,
  maxPending: 64,
  maxClients: 256,
};

export interface InferenceCounters {
  /** Calls without a path that were looked at. */
  looked: number;
  /** Calls that had a name when they ended. */
  namedAtEnd: number;
  /** Calls that later evidence named. */
  namedLater: number;
  /** Calls whose name later evidence changed or took away. */
  corrected: number;
  /** Entries whose uses fit no one method. */
  contradictions: number;
  /** Calls over `maxHeldBytes`: judged without their messages. */
  overHeldBytes: number;
  /** Unnamed calls that left the revisable ones for want of room. */
  overRevisable: number;
  overEntries: number;
  overIds: number;
  overPending: number;
}

export const createInferenceCounters = (): InferenceCounters => ({
  looked: 0,
  namedAtEnd: 0,
  namedLater: 0,
  corrected: 0,
  contradictions: 0,
  overHeldBytes: 0,
  overRevisable: 0,
  overEntries: 0,
  overIds: 0,
  overPending: 0,
});
