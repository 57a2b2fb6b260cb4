export interface UpgradeLimits {
  /** Endpoints whose runtime is remembered; the one heard of longest ago is forgotten first. */
  readonly maxEndpoints: number;
  /** Events of one story; what comes beyond is counted, and the newest is kept. */
  readonly maxEvents: number;
}

export const defaultUpgradeLimits: UpgradeLimits = { maxEndpoints: 16, maxEvents: 64 };

export interface UpgradeCounters {
  openNow: number;
  told: number;
  eventsDropped: number;
  endpointsForgotten: number;
}

export const createUpgradeCounters = (): UpgradeCounters => ({
  openNow: 0,
  told: 0,
  eventsDropped: 0,
  endpointsForgotten: 0,
});
