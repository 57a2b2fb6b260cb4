/**
 * `in_use`: someone listens on the path. `not_a_socket`: the path is something else, which is not replaced.
 * `same_path`: the proxy would listen where the runtime does. `too_long`: for a socket; the kernel takes 107 bytes.
 * `forbidden`: owner, mode or directory do not let this process.
 */
export type ListenErrorCode = 'in_use' | 'not_a_socket' | 'same_path' | 'too_long' | 'forbidden';

/** The proxy cannot take its place: a matter of the environment, with a message that says what to do. */
export class ListenError extends Error {
  readonly code: ListenErrorCode;
  constructor(code: ListenErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ListenError';
    this.code = code;
  }
}
