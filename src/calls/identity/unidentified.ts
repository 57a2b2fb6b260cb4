import type { Call } from '../call.ts';
import type { Identities } from './identities.ts';

/**
 * Calls of a joined connection that name an id of which nothing was known when they ended, or of which it was not known
 * whether they are a start or a restart: the kubelet's next relist tells, and the call is told anew.
 */
export interface Unidentified {
  /** The call as it is told, before it is completed. */
  told(call: Call): void;
  /** Calls of which that is known by now, or more of it; each is then taken for told. */
  identified(): readonly Call[];
}

interface Waiting {
  readonly call: Call;
  readonly known: string;
}

const none: readonly Call[] = [];

const namesAnyone = ({ facts }: Call): boolean =>
  facts.sandboxId !== null || facts.containerId !== null || facts.pod !== null;

export const createUnidentified = (
  identities: Pick<Identities, 'podOf' | 'awaitsList' | 'version'>,
  maxCalls: number,
  onOver: () => void,
): Unidentified => {
  /** By stream, oldest first. */
  const waiting = new Map<number, Waiting>();
  let seen = identities.version();

  const knownOf = (call: Call): { readonly text: string; readonly whole: boolean } => {
    const pod = identities.podOf(call.facts);
    if (pod === null) return { text: '', whole: false };
    const byId = call.facts.sandboxId !== null || call.facts.containerId !== null;
    const { namespace, name, uid, attempt } = pod;
    const awaitsList = identities.awaitsList(call);
    return {
      text: `${namespace}/${name}/${uid}/${attempt} ${awaitsList}`,
      whole: name !== null && uid !== null && (attempt !== null || !byId) && !awaitsList,
    };
  };

  const told = (call: Call): void => {
    waiting.delete(call.stream);
    if (!namesAnyone(call)) return;
    const { text, whole } = knownOf(call);
    if (whole) return;
    waiting.set(call.stream, { call, known: text });
    if (waiting.size <= maxCalls) return;
    const [oldest] = waiting.keys();
    if (oldest !== undefined) waiting.delete(oldest);
    onOver();
  };

  return {
    told,
    identified() {
      if (waiting.size === 0 || seen === identities.version()) return none;
      seen = identities.version();
      const found: Call[] = [];
      for (const { call, known } of waiting.values()) if (knownOf(call).text !== known) found.push(call);
      for (const call of found) told(call);
      // As they ended: what makes a container is told before what starts it.
      return found.sort((one, other) => Number((one.end ?? 0n) - (other.end ?? 0n)));
    },
  };
};
