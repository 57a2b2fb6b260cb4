/**
 * `missing`: the file cannot be opened. `header`: no readable header. `version`: a format that is not read.
 * `exists`: a capture is not written over a file. `write`: the file cannot be created.
 */
export type CaptureErrorCode = 'missing' | 'header' | 'version' | 'exists' | 'write';

/** The capture as a whole cannot be used: a matter of wrong input, with a message for the person who named it. */
export class CaptureError extends Error {
  readonly code: CaptureErrorCode;
  constructor(code: CaptureErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CaptureError';
    this.code = code;
  }
}
