import type { Call } from '../call.ts';
import { rpcText } from '../method-name.ts';
import type { UnreturnedCounters, UnreturnedLimits } from './limits.ts';
import { asEvidence, type MessageLimit, type Symptom } from './symptom.ts';

/** Calls whose messages come near the size that gRPC peers accept, or go over it. */
export interface MessageLimits {
  /** `announced`: length of the longest response message that the call announced, complete or not. */
  ended(call: Call, announced: number, out: Symptom[]): void;
}

/** The texts of grpc-go: of who receives, of who sends. */
const stated =
  /(received message(?: after decompression)?|trying to send message) larger than max \((\d{1,15}) vs\. (\d{1,15})\)/;

type Measured = Pick<MessageLimit, 'bytes' | 'limitBytes' | 'stated' | 'refusedBy' | 'direction'>;

const measure = (call: Call, announced: number, limits: UnreturnedLimits): Measured | null => {
  const { status, statusMessage, response, reset, outcome } = call.result;
  const text = status === 'RESOURCE_EXHAUSTED' ? stated.exec(statusMessage ?? '') : null;
  if (text !== null) {
    return {
      bytes: Number(text[2]),
      limitBytes: Number(text[3]),
      stated: true,
      refusedBy: 'server',
      // A status comes from the server: what it received is the request, what it tried to send the response.
      direction: text[1]?.startsWith('received') ? 'request' : 'response',
    };
  }
  const limitBytes = limits.messageLimitBytes;
  // The client reads the length of the message, gives up without reading on, and resets the stream.
  const clientRefused = outcome === 'reset' && reset?.by === 'client' && announced > limitBytes;
  const bytes = clientRefused ? announced : response.messages === 1 ? response.bytes : announced;
  if (bytes < limitBytes * limits.messageLimitRatio) return null;
  return {
    bytes,
    limitBytes,
    stated: false,
    refusedBy: clientRefused ? 'client' : null,
    direction: 'response',
  };
};

const mib = (bytes: number): string => `${(bytes / (1024 * 1024)).toFixed(1)} MiB`;

const explain = (call: Call, { bytes, limitBytes, refusedBy, direction }: Measured): string => {
  const what = `The ${direction} of ${rpcText(call) ?? 'a call'} for ${call.caller.comm ?? 'the client'} has ${mib(bytes)}${
    call.facts.items === null ? '' : ` in ${call.facts.items} items`
  }, and the limit is ${mib(limitBytes)}`;
  return refusedBy === null
    ? `${what}: the lists of a node grow with its dead containers, labels and annotations; remove some before it fails.`
    : `${what}: the ${refusedBy} refused it, and so it will each time: remove dead containers, pods or images, or large annotations.`;
};

interface Told {
  readonly first: Call;
  readonly bytes: number;
  readonly refused: boolean;
  readonly revision: number;
}

export const createMessageLimits = (
  counters: UnreturnedCounters,
  limits: UnreturnedLimits,
): MessageLimits => {
  const byMethod = new Map<string, Told>();
  return {
    ended(call, announced, out) {
      if (call.revision > 0 || call.service === null) return;
      const measured = measure(call, announced, limits);
      const at = call.end ?? call.start;
      if (measured === null || at === null) return;
      const key = `${call.endpoint}\n${call.method ?? rpcText(call)}\n${measured.direction}`;
      const told = byMethod.get(key) ?? null;
      const refused = measured.refusedBy !== null;
      // Lists are asked for each second: told again only when there is more to tell.
      if (told !== null && measured.bytes < told.bytes * 1.1 && refused === told.refused) return;
      const revision = told === null ? 0 : told.revision + 1;
      const evidence = asEvidence(call);
      const first = told?.first ?? evidence;
      byMethod.delete(key);
      if (byMethod.size >= limits.maxMessageMethods) {
        const [oldest] = byMethod.keys();
        if (oldest !== undefined) byMethod.delete(oldest);
      }
      byMethod.set(key, { first, bytes: measured.bytes, refused, revision });
      if (revision === 0) counters.largeMessages += 1;
      out.push({
        kind: 'message_limit',
        revision,
        endpoint: call.endpoint,
        caller: call.caller,
        start: first.start ?? at,
        end: at,
        calls: first === evidence ? [first] : [first, evidence],
        method: call.method,
        items: call.facts.items,
        ...measured,
        explanation: explain(call, measured),
      });
    },
  };
};
