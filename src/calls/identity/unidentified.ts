import type { Call } from '../call.ts';
import type { Identities } from './identities.ts';

/**
 * Calls of a joined connection that name an id of which nothing was known when they ended: the kubelet's next relist
 * tells whose it is, and the call is told anew.
 */
export interface Unidentified {
  /** The call as it is told, before it is completed. */
  told(call: Call): void;
  /** Calls whose pod is known by now, or better known; each is then taken for told. */
  identified(): readonly Call[];
}

interface Waiting {
  readonly call: Call;
  readonly pod: string;
}

const none: readonly Call[] = [];

const namesAnyone = ({ facts }: Call): boolean =>
  facts.sandboxId !== null || facts.containerId !== null || facts.pod !== null;

export const createUnidentified = (
  identities: Pick<Identities, 'podOf' | 'version'>,
  maxCalls: number,
  onOver: () => void,
): Unidentified => {
  /** By stream, oldest first. */
  const waiting = new Map<number, Waiting>();
  let seen = identities.version();

  const podOf = (call: Call): { readonly text: string; readonly whole: boolean } => {
    const pod = identities.podOf(call.facts);
    if (pod === null) return { text: '', whole: false };
    const byId = call.facts.sandboxId !== null || call.facts.containerId !== null;
    const { namespace, name, uid, attempt } = pod;
    return {
      text: `${namespace}/${name}/${uid}/${attempt}`,
      whole: name !== null && uid !== null && (attempt !== null || !byId),
    };
  };

  const told = (call: Call): void => {
    waiting.delete(call.stream);
    if (!namesAnyone(call)) return;
    const { text, whole } = podOf(call);
    if (whole) return;
    waiting.set(call.stream, { call, pod: text });
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
      for (const { call, pod } of waiting.values()) if (podOf(call).text !== pod) found.push(call);
      for (const call of found) told(call);
      return found;
    },
  };
};
