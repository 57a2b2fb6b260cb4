import type { Call } from '../call.ts';
import type { Answer } from './verdict.ts';

const unimplemented = 12;

/** The texts by which gRPC servers and runtimes say which of three things UNIMPLEMENTED means. */
const unknownService = /unknown service/i;
const unknownMethod = /unknown method|not implemented/i;

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
  if (statusCode === unimplemented) {
    const text = statusMessage ?? '';
    if (unknownService.test(text)) return 'refused';
    // Clients go by the code, and every runtime that has the service has the method that they ask by.
    return (probe || isStartUpCheck(call)) && !unknownMethod.test(text) ? 'refused' : 'silent';
  }
  if (statusCode === 0) return 'served';
  // Joined late, the status may be one that was sent before: without a reply it can be any.
  if (statusCode === null && outcome === 'finished' && response.messages === 0) return 'silent';
  if (probe || isStartUpCheck(call)) return 'failed';
  // An error of the method itself proves the service. A call that broke off does not: it may have been refused as well.
  return outcome === 'finished' || response.messages > 0 ? 'served' : 'used';
};
