/** The number of relayed connections has no bound of its own: calls come before the observer's comfort. */
export interface ProxyLimits {
  /** Observed bytes that wait for the observer. What comes above is relayed and not observed: a gap. */
  readonly maxQueuedBytes: number;
  /** Events that wait for the observer. Above it no data and no new connection is observed. */
  readonly maxQueuedEvents: number;
  /** What the observer is given at a time, so that between two batches the relay has its turn. */
  readonly maxBatchBytes: number;
  readonly maxBatchEvents: number;
  /** Bytes that may wait in this process to be written, a direction of a connection, before reading pauses. */
  readonly relayBufferBytes: number;
  /** Taken from a peer that is gone, of what it had said: a unix socket holds less, but it may still be talking. */
  readonly maxLastWordsBytes: number;
  /** How long a connection is tried for while the runtime's backlog is full (EAGAIN). */
  readonly connectPatienceMs: number;
  /** Between two looks at the runtime's socket while it is there, and between two tries to reach it while it is not. */
  readonly lookEveryMs: number;
  readonly retryEveryMs: number;
}

export const defaultProxyLimits: ProxyLimits = {
  maxQueuedBytes: 64 * 1024 * 1024,
  maxQueuedEvents: 65_536,
  maxBatchBytes: 256 * 1024,
  maxBatchEvents: 256,
  relayBufferBytes: 256 * 1024,
  maxLastWordsBytes: 1024 * 1024,
  connectPatienceMs: 1000,
  lookEveryMs: 250,
  retryEveryMs: 50,
};

export interface ProxyCounters {
  connections: number;
  openNow: number;
  /** Callers that were accepted while the runtime could not be reached, and closed. */
  refused: number;
  requestBytes: number;
  responseBytes: number;
  /** Relayed, and not observed because the observer was behind; each stretch is a `gap`. */
  lostBytes: number;
  /** Observed bytes that wait for the observer now. */
  queuedBytes: number;
  /** Connections that the observer was too far behind to hear of, and their bytes. */
  unobservedConnections: number;
  unobservedBytes: number;
  clientErrors: number;
  runtimeErrors: number;
  /** Connections whose caller the kernel did not name. */
  unknownCallers: number;
  connectRetries: number;
  listened: number;
  listenFailures: number;
  /** Times that the runtime went away. */
  outages: number;
  /** Notices that were thrown back by who was to log them. */
  noticesFailed: number;
}

export const createProxyCounters = (): ProxyCounters => ({
  connections: 0,
  openNow: 0,
  refused: 0,
  requestBytes: 0,
  responseBytes: 0,
  lostBytes: 0,
  queuedBytes: 0,
  unobservedConnections: 0,
  unobservedBytes: 0,
  clientErrors: 0,
  runtimeErrors: 0,
  unknownCallers: 0,
  connectRetries: 0,
  listened: 0,
  listenFailures: 0,
  outages: 0,
  noticesFailed: 0,
});
