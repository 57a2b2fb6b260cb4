import type { Kept } from '../../cri/kept.ts';
import type { CallEnd } from '../../grpc/event.ts';
import { streamedTwin, unaryTwin } from '../list-twins.ts';
import { type Belief, fitsOnly } from './belief.ts';
import { type Client, learnOf, mayStream } from './clients.ts';
import type { EventStreams } from './event-streams.ts';
import type { HeaderTable } from './header-table.ts';

/**
 * Signs, on one connection, of whether its client asks for lists by streams. Call for call there are two: a streamed
 * list of nothing is no message, and a long one is several.
 */
export interface ListSigns {
  /** A call without a path ended. */
  ended(belief: Belief, result: CallEnd): void;
  /** Methods that were called before. One that was refused streams asks without them from then on. */
  heard(rpcs: readonly string[]): void;
  /** What a call said, by its method, read or inferred. */
  said(rpc: string, isRead: boolean, response: Kept | null, result: CallEnd): void;
  /** Whether anything was sent at the client's start that one with the defaults does not send. */
  weighEntries(entries: Iterable<{ readonly number: number; readonly belief: Belief }>): void;
  /** Sandboxes and containers were seen to change so many times. */
  weighChanges(changes: number): void;
}

const isList = (rpc: string): boolean => unaryTwin[rpc] !== undefined || streamedTwin[rpc] !== undefined;
const listsContainers = new Set(['ListContainers', 'StreamContainers']);
const listsSandboxes = new Set(['ListPodSandbox', 'StreamPodSandboxes']);

/** Changes after which one would have been told, if there were a stream to tell it. */
const enoughChanges = 2;

export const createListSigns = (
  client: Client,
  clientIsKubelet: boolean,
  table: HeaderTable,
  events: EventStreams,
): ListSigns => ({
  ended(belief, result) {
    // Kubelets send it since before there were streamed lists.
    if (clientIsKubelet && table.acceptsNoEncodings()) learnOf(client, { lists: 'unary' });
    if (client.lists !== null || !fitsOnly(belief, isList)) return;
    const { messages, bytes } = result.response;
    if (result.lostBytes !== 0) return;
    if (messages > 1 || (messages === 0 && result.statusCode === 0)) learnOf(client, { lists: 'streamed' });
    else if (messages === 1 && bytes === 0) learnOf(client, { lists: 'unary' });
  },
  heard(rpcs) {
    if (rpcs.some((rpc) => streamedTwin[rpc] !== undefined)) learnOf(client, { lists: 'unary' });
    else if (rpcs.some((rpc) => unaryTwin[rpc] !== undefined)) learnOf(client, { lists: 'streamed' });
  },
  said(rpc, isRead, response, result) {
    if (rpc === 'Version' && response !== null) {
      const { runtime_name: name, runtime_version: version } = response;
      if (typeof name === 'string' && typeof version === 'string' && !mayStream(name, version)) {
        learnOf(client, { lists: 'unary' });
      }
    }
    if (isRead && unaryTwin[rpc] !== undefined && result.response.messages > 0) {
      learnOf(client, { lists: 'streamed' });
    }
    if (isRead && streamedTwin[rpc] !== undefined) learnOf(client, { lists: 'unary' });
    if (rpc === 'GetContainerEvents' && result.response.messages > 0) learnOf(client, { hasGates: true });
  },
  weighEntries(entries) {
    if (client.lists !== null) return;
    let containers: number | null = null;
    let sandboxes: number | null = null;
    let status: number | null = null;
    for (const { number, belief } of entries) {
      if (belief.inferred?.candidate.rpc === 'Status') status = number;
      else if (fitsOnly(belief, (rpc) => listsContainers.has(rpc))) containers = number;
      else if (fitsOnly(belief, (rpc) => listsSandboxes.has(rpc))) sandboxes = number;
    }
    if (containers === null || sandboxes === null) return;
    // A kubelet asks for the status before it starts what lists and listens; before that it asks for the runtime's
    // configuration, once. Without that order what it asked second is that.
    const isOrdered = status !== null && status < Math.min(containers, sandboxes);
    const odd = table.unused(isOrdered && status !== null ? status : null, Math.max(containers, sandboxes));
    // One that is not used again yet is counted as well, above all after a loss, when counting begins anew.
    if (odd !== null) learnOf(client, { oddEntries: Math.min(odd, client.oddEntries ?? odd) });
  },
  weighChanges(changes) {
    if (changes >= enoughChanges && !events.any()) learnOf(client, { isEventless: true });
  },
});
