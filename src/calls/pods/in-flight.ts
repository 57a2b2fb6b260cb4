/** Which pods have calls under way: an operation is not over while a pull takes its time. */
export interface InFlight {
  began(connection: number, stream: number, pod: string): void;
  ended(connection: number, stream: number): void;
  count(pod: string): number;
}

export const createInFlight = (maxCalls: number, onDropped: () => void): InFlight => {
  const calls = new Map<string, string>();
  const counts = new Map<string, number>();
  const callKey = (connection: number, stream: number): string => `${connection}/${stream}`;
  return {
    began(connection, stream, pod) {
      const key = callKey(connection, stream);
      if (calls.has(key)) return;
      if (calls.size >= maxCalls) {
        onDropped();
        return;
      }
      calls.set(key, pod);
      counts.set(pod, (counts.get(pod) ?? 0) + 1);
    },
    ended(connection, stream) {
      if (calls.size === 0) return;
      const key = callKey(connection, stream);
      const pod = calls.get(key);
      if (pod === undefined) return;
      calls.delete(key);
      const left = (counts.get(pod) ?? 1) - 1;
      if (left === 0) counts.delete(pod);
      else counts.set(pod, left);
    },
    count: (pod) => counts.get(pod) ?? 0,
  };
};
