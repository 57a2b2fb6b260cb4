export interface MetricsLimits {
  /** Programs whose calls are told apart; the names of processes are theirs to choose. */
  readonly maxCallers: number;
  /** Socket paths; a configuration has two. */
  readonly maxEndpoints: number;
  /** Retry chains and refused features whose last state is remembered, so that a revision counts once. */
  readonly maxRemembered: number;
  /** Network plugins, and block devices. */
  readonly maxPlugins: number;
  readonly maxDevices: number;
  /** Network plugins under way, and cgroups frozen. */
  readonly maxRunning: number;
  /** Half of the time for which the largest response is kept. */
  readonly largestForNs: bigint;
}

export const defaultMetricsLimits: MetricsLimits = {
  maxCallers: 24,
  maxEndpoints: 8,
  maxRemembered: 1024,
  maxPlugins: 24,
  maxDevices: 24,
  maxRunning: 4096,
  largestForNs: 300_000_000_000n,
};
