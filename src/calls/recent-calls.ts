/** What is still known of the calls that ended last, for what comes late: adding costs little, and looking, which is rare, more. */
export interface RecentCalls<Value> {
  /** Of a call that is not there yet; the oldest gives way. */
  add(connection: number, stream: number, value: Value): void;
  find(connection: number, stream: number): Value | undefined;
  /** Of a call that is there. */
  replace(connection: number, stream: number, value: Value): void;
}

export const createRecentCalls = <Value>(maxCalls: number): RecentCalls<Value> => {
  /** A ring. */
  const connections: number[] = [];
  const streams: number[] = [];
  const values: Value[] = [];
  let next = 0;

  const placeOf = (connection: number, stream: number): number => {
    for (let age = 1; age <= values.length; age++) {
      const at = (next - age + values.length) % values.length;
      if (streams[at] === stream && connections[at] === connection) return at;
    }
    return -1;
  };

  return {
    add(connection, stream, value) {
      connections[next] = connection;
      streams[next] = stream;
      values[next] = value;
      next = (next + 1) % maxCalls;
    },
    find(connection, stream) {
      const at = placeOf(connection, stream);
      return at < 0 ? undefined : values[at];
    },
    replace(connection, stream, value) {
      const at = placeOf(connection, stream);
      if (at >= 0) values[at] = value;
    },
  };
};
