/** Connection and stream in one: below 2^53 for the first four million connections, and never wrong for long after. */
export type CallKey = number;

export const callKey = (connection: number, stream: number): CallKey => connection * 2 ** 31 + stream;
