export interface TapLimits {
  /** What the kernel holds until it is drained: a power of two. Counts twice in VmRSS, as it is mapped twice. */
  readonly ringBytes: number;
  /** The same of kernel events. */
  readonly eventRingBytes: number;
  /** Of each ring, what is set aside while the event loop stalls; taken from memory only then. 0: nothing. */
  readonly asideBytes: number;
  /** Processes of the runtime's family, alive at once; those above it are counted and not told of. */
  readonly maxProcesses: number;
  /** Writes of a direction that have returned and are not read yet; of those above it the time is that of the read. */
  readonly maxWaitingWrites: number;
  /** Connects of one process that failed, told one by one of each round; those above it are counted. */
  readonly maxRefusals: number;
  /** Connections watched at once; those above it are counted and not seen. */
  readonly maxConnections: number;
  /** What is drained at a time, so that between two batches others have their turn. */
  readonly bufferBytes: number;
  /**
   * Between two rounds of draining: after one that told something, and after one that found more than `busyBytes`. After
   * others twice as long as before, up to `quietPaceMs`.
   */
  readonly paceMs: number;
  readonly quietPaceMs: number;
  readonly busyPaceMs: number;
  readonly busyBytes: number;
}

export const defaultTapLimits: TapLimits = {
  ringBytes: 8 * 1024 * 1024,
  eventRingBytes: 2 * 1024 * 1024,
  asideBytes: 64 * 1024 * 1024,
  maxProcesses: 16_384,
  maxWaitingWrites: 1024,
  maxRefusals: 64,
  maxConnections: 2048,
  bufferBytes: 1024 * 1024,
  paceMs: 250,
  quietPaceMs: 500,
  busyPaceMs: 5,
  busyBytes: 1024 * 1024,
};

export interface TapCounters {
  connections: number;
  openNow: number;
  /** Connections that were there before the tap. */
  joined: number;
  requestBytes: number;
  responseBytes: number;
  /** Read by an application and not seen by the tap; each stretch is a `gap`. */
  lostBytes: number;
  /** Pieces for which the kernel's ring had no room. */
  lostRecords: number;
  /** Ends of connections for which the kernel's table had no room. */
  unwatched: number;
  /** Bytes seen twice: peeked at, or read again after a failure. */
  repeatedBytes: number;
  /** Reads whose place in the stream may be told wrong. */
  uncertainReads: number;
  /** Writes whose times were forgotten, as too many waited to be read. */
  droppedWrites: number;
  /** Records of connections that were never told of. */
  strayRecords: number;
  /** Connects that failed and are not told of one by one, as there were too many. */
  untoldRefusals: number;
  /** Connects that failed for which the kernel's table had no room: to what is not known. */
  unplacedRefusals: number;
  /** Connections whose caller the kernel did not name. */
  unknownCallers: number;
  kernelEvents: number;
  /** Kernel events for which their ring had no room; each stretch is told as `lost`. */
  lostKernelEvents: number;
  /** Processes of the runtime's family for which the kernel's table had no room. */
  unwatchedProcesses: number;
  /** What the kernel's ring held when it was last drained. */
  ringBytes: number;
  rounds: number;
  noticesFailed: number;
}

export const createTapCounters = (): TapCounters => ({
  connections: 0,
  openNow: 0,
  joined: 0,
  requestBytes: 0,
  responseBytes: 0,
  lostBytes: 0,
  lostRecords: 0,
  unwatched: 0,
  repeatedBytes: 0,
  uncertainReads: 0,
  droppedWrites: 0,
  strayRecords: 0,
  untoldRefusals: 0,
  unplacedRefusals: 0,
  unknownCallers: 0,
  kernelEvents: 0,
  lostKernelEvents: 0,
  unwatchedProcesses: 0,
  ringBytes: 0,
  rounds: 0,
  noticesFailed: 0,
});
