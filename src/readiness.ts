/** What stands in the way of seeing calls, by the part that says so. */
export interface Readiness {
  /** `problem`: a sentence for the operator; null: all is well with this part. */
  set(part: string, problem: string | null): void;
  /** Every part that has said something, in the order in which they did first. */
  parts(): readonly { readonly part: string; readonly problem: string | null }[];
}

export const createReadiness = (): Readiness => {
  const said = new Map<string, string | null>();
  return {
    set(part, problem) {
      said.set(part, problem);
    },
    parts: () => [...said].map(([part, problem]) => ({ part, problem })),
  };
};

/** Nothing said yet is not ready either. */
export const isReady = (readiness: Readiness): boolean => {
  const parts = readiness.parts();
  return parts.length > 0 && parts.every(({ problem }) => problem === null);
};

/** In the form of Kubernetes' own checks. */
export const readinessText = (readiness: Readiness): string => {
  const lines = readiness
    .parts()
    .map(({ part, problem }) => (problem === null ? `[+] ${part}` : `[-] ${part}: ${problem}`));
  return `${[...lines, isReady(readiness) ? 'ready' : 'not ready'].join('\n')}\n`;
};
