/** Bounds on what one watched HTTP/2 connection may make the observer hold. What goes past one is counted. */
export interface Http2Limits {
  /** Octets of one header block, compressed, over all its frames. A larger one is not read. */
  readonly headerBlockBytes: number;
  /** Size of one field list as RFC 9113 section 6.5.2 counts it (name + value + 32 per field). Fields past it are dropped. */
  readonly headerListBytes: number;
  /** Fields of one list. Fields past it are dropped. */
  readonly headerFields: number;
  /** Octets of one decoded name or value. A field with a longer one is dropped. */
  readonly headerStringBytes: number;
  /** Size of the dynamic table kept per direction (RFC 7541 section 4.1), whatever the peers agree on. */
  readonly headerTableBytes: number;
  /** Payload of a SETTINGS frame that is read. */
  readonly settingsBytes: number;
  /** Consecutive plausible frames that make a boundary certain after a loss. */
  readonly resyncFrames: number;
  /** Octets kept while a boundary is searched; the frames that prove one lie within it. */
  readonly resyncBytes: number;
  /** Possible boundaries followed at a time. */
  readonly resyncCandidates: number;
}

export const defaultHttp2Limits: Http2Limits = {
  headerBlockBytes: 262_144,
  headerListBytes: 262_144,
  headerFields: 1024,
  headerStringBytes: 65_536,
  headerTableBytes: 65_536,
  settingsBytes: 1536,
  resyncFrames: 4,
  resyncBytes: 131_072,
  resyncCandidates: 256,
};

/** What the HTTP/2 layer saw and what it could not read. One object may serve many connections. */
export interface Http2Counters {
  requestBytes: number;
  responseBytes: number;
  http2Connections: number;
  http1Connections: number;
  otherConnections: number;
  dataFrames: number;
  headersFrames: number;
  priorityFrames: number;
  rstStreamFrames: number;
  settingsFrames: number;
  pushPromiseFrames: number;
  pingFrames: number;
  goawayFrames: number;
  windowUpdateFrames: number;
  continuationFrames: number;
  /** Frames of a type that RFC 9113 does not name: skipped, as section 5.5 asks. */
  unknownFrames: number;
  /** Frames that break RFC 9113 (length, padding, stream, order): not used. */
  malformedFrames: number;
  /** Frames not used because a part of their payload was lost. */
  lostFrames: number;
  headerBlocks: number;
  /** Blocks that break RFC 7541. */
  malformedBlocks: number;
  /** Blocks of which a part was lost. */
  lostBlocks: number;
  desyncs: number;
  resyncs: number;
  /** Octets that were not seen. */
  lostBytes: number;
  /** Octets seen while no frame boundary was known. */
  searchedBytes: number;
  /** Those of them that were decoded once a boundary was found: the rest was seen in vain. */
  recoveredBytes: number;
  headerBlocksOverLimit: number;
  headerListsOverLimit: number;
  headerStringsOverLimit: number;
  /** Dynamic table entries dropped that the encoder may still refer to. */
  headerTableEvictionsOverLimit: number;
  settingsOverLimit: number;
  resyncCandidatesOverLimit: number;
}

export const createHttp2Counters = (): Http2Counters => ({
  requestBytes: 0,
  responseBytes: 0,
  http2Connections: 0,
  http1Connections: 0,
  otherConnections: 0,
  dataFrames: 0,
  headersFrames: 0,
  priorityFrames: 0,
  rstStreamFrames: 0,
  settingsFrames: 0,
  pushPromiseFrames: 0,
  pingFrames: 0,
  goawayFrames: 0,
  windowUpdateFrames: 0,
  continuationFrames: 0,
  unknownFrames: 0,
  malformedFrames: 0,
  lostFrames: 0,
  headerBlocks: 0,
  malformedBlocks: 0,
  lostBlocks: 0,
  desyncs: 0,
  resyncs: 0,
  lostBytes: 0,
  searchedBytes: 0,
  recoveredBytes: 0,
  headerBlocksOverLimit: 0,
  headerListsOverLimit: 0,
  headerStringsOverLimit: 0,
  headerTableEvictionsOverLimit: 0,
  settingsOverLimit: 0,
  resyncCandidatesOverLimit: 0,
});
