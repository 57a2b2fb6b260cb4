import { programOf } from './caller.ts';
import type { ConnectionFinding } from './finding.ts';

/** What was seen, what it means, and what to do. */
export const explainConnection = ({
  finding,
  caller,
  endpoint,
  count,
  detail,
}: Omit<ConnectionFinding, 'explanation'>): string => {
  const who = programOf(caller.comm) || 'a program without a name';
  switch (finding) {
    case 'refused':
      return `${who} could not reach the runtime at ${endpoint}, ${count === 1 ? 'once' : `${count} times in a row`}: nothing listens there, or not to it. See whether the runtime runs, and its log.`;
    case 'not_http2':
      return `A connection of ${who} to ${endpoint} speaks no HTTP/2${detail === null ? '' : ` (${detail})`}: its bytes are counted and left alone. CRI-O answers HTTP/1.1 on the same socket; nothing is to be done.`;
    case 'joined':
      return `A connection of ${who} to ${endpoint} is older than this observation: methods may stay unknown until it is made anew. To have them all, restart ${who} at a quiet time.`;
    case 'gap':
      return `${count} bytes of a connection of ${who} to ${endpoint} were not seen: calls in them miss messages or ends, and say so. More room for bursts: ring-size.`;
  }
};
