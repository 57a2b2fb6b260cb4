/** What the bounds of the metrics left out; names that are folded into one have a metric of their own. */
export interface MetricsCounters {
  runningPluginsOverLimit: number;
  frozenCgroupsOverLimit: number;
  /** Requests to the port, and those that it refused. */
  requests: number;
  refusedRequests: number;
  /** Requests to a collector, and those that it did not take. */
  pushes: number;
  failedPushes: number;
}

export const createMetricsCounters = (): MetricsCounters => ({
  runningPluginsOverLimit: 0,
  frozenCgroupsOverLimit: 0,
  requests: 0,
  refusedRequests: 0,
  pushes: 0,
  failedPushes: 0,
});
