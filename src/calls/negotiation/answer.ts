import type { Call } from '../call.ts';
import type { Answer } from './verdict.ts';

const unimplemented = 12;

/** The texts by which gRPC servers and runtimes say which of three things UNIMPLEMENTED means. */
const unknownService = /unknown service/i;

/**
 * The call by which clients ask whether a version is served: `Version` without a version in it, and the
 * `ImageFsInfo` that a kubelet or crictl begins an image connection with.
 */
export const isProbe = (call: Call, firstOfService: boolean): boolean =>
  (call.rpc === 'Version' && call.facts.values['version.requested'] === undefined) ||
  (call.rpc === 'ImageFsInfo' && firstOfService);

/** The start-up check of every kubelet, and the whole negotiation of those before 1.23. */
const isStartUpCheck = (call: Call): boolean => call.rpc === 'Version';

export const answerOf = (call: Call, probe: boolean): Answer => {
  const { outcome, statusCode, statusMessage, response } = call.result;
  if (outcome === 'in_flight') return 'silent';
  if (statusCode === unimplemented) return unknownService.test(statusMessage ?? '') ? 'refused' : 'silent';
  if (statusCode === 0) return 'served';
  // Joined late, the status may be one that was sent before: without a reply it can be any.
  if (statusCode === null && outcome === 'finished' && response.messages === 0) return 'silent';
  if (probe || isStartUpCheck(call)) return 'failed';
  // An error of the method itself proves the service; a call that broke off does not disprove it.
  return 'served';
};
