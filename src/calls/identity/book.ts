import { createIdentities, type Identities } from './identities.ts';
import { defaultIdentityLimits, type IdentityCounters, type IdentityLimits } from './limits.ts';

/** The caches of all endpoints: an id means what it means to the runtime behind one socket. */
export interface IdentityBook {
  of(endpoint: string): Identities;
  /** By whichever endpoint's messages named it: an id is of one runtime alone. */
  whoIs: Identities['whoIs'];
}

export const createIdentityBook = (
  counters: IdentityCounters,
  limits: IdentityLimits = defaultIdentityLimits,
): IdentityBook => {
  const endpoints = new Map<string, Identities>();
  return {
    of(endpoint) {
      const identities = endpoints.get(endpoint) ?? createIdentities(limits, counters);
      endpoints.delete(endpoint);
      endpoints.set(endpoint, identities);
      if (endpoints.size > limits.maxEndpoints) {
        const oldest = endpoints.keys().next();
        if (!oldest.done) endpoints.delete(oldest.value);
        counters.endpointsForgotten += 1;
      }
      return identities;
    },
    whoIs(containerId, podUid) {
      for (const identities of endpoints.values()) {
        const found = identities.whoIs(containerId, podUid);
        if (found !== null) return found;
      }
      return null;
    },
  };
};
