/** The kernel does not let the tap in, or lacks what it needs: a matter of the environment. The message says which. */
export class TapError extends Error {
  /** What the kernel's verifier said, for those who ask for more. */
  readonly detail: string;
  constructor(message: string, detail = '') {
    super(message);
    this.name = 'TapError';
    this.detail = detail;
  }
}
