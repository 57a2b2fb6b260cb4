import type { Nanos } from '../../foundation/time.ts';
import { nanosPerSecond } from '../../foundation/time.ts';

export interface IdentityLimits {
  /** Endpoints with caches of their own; beyond it the one heard of longest ago is forgotten. */
  readonly maxEndpoints: number;
  /** Of each kind and endpoint; beyond it the one that no message named for longest is forgotten. */
  readonly maxSandboxes: number;
  readonly maxContainers: number;
  readonly maxImages: number;
  /** How long what was removed is still known: the kubelet asks for the status of what is gone. */
  readonly removalGrace: Nanos;
  /** Characters that a beginning of an id must have to stand for it. */
  readonly minPrefix: number;
}

export const defaultIdentityLimits: IdentityLimits = {
  maxEndpoints: 16,
  maxSandboxes: 4096,
  maxContainers: 16_384,
  maxImages: 4096,
  removalGrace: 3600n * nanosPerSecond,
  minPrefix: 3,
};

export interface IdentityCounters {
  /** Calls that name an id whose pod, or image, no message told. */
  unknownIds: number;
  /** Calls completed from what earlier messages told. */
  fromCache: number;
  /** Beginnings of ids that several ids have. */
  ambiguousPrefixes: number;
  endpointsForgotten: number;
  sandboxesForgotten: number;
  containersForgotten: number;
  imagesForgotten: number;
}

export const createIdentityCounters = (): IdentityCounters => ({
  unknownIds: 0,
  fromCache: 0,
  ambiguousPrefixes: 0,
  endpointsForgotten: 0,
  sandboxesForgotten: 0,
  containersForgotten: 0,
  imagesForgotten: 0,
});
