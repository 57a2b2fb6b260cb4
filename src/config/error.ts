/** A value that cannot be used, or a file that cannot be read: one line that says what, what is allowed, and where it was set. */
export class ConfigError extends Error {
  readonly example: string;

  constructor(message: string, example: string) {
    super(message);
    this.name = 'ConfigError';
    this.example = example;
  }
}
