import type { Command } from 'commander';

/**
 * How a process ends: 0 done; 1 done, and something was found that the user asked to be told about; 2 wrong usage
 * or configuration; 3 the environment does not allow it.
 */
export type ExitCode = 0 | 1 | 2 | 3;

/** An end that the user can do something about: printed as a message, never as a stack. */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  /** A second line: what to do. */
  readonly hint: string | null;

  constructor(exitCode: ExitCode, message: string, hint: string | null = null) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

export const usageError = (message: string, example: string): CliError =>
  new CliError(2, `${message}; example: ${example}`);

export const environmentError = (message: string, whatToDo: string): CliError =>
  new CliError(3, message, whatToDo);

/** Everything of the process that a command may touch. */
export interface CommandContext {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by the first SIGINT or SIGTERM, and when nobody reads stdout any more. */
  readonly signal: AbortSignal;
  /** Runs on every SIGUSR2 (and SIGUSR1) until the returned function is called. */
  onStatusRequest(show: () => void): () => void;
  /** Runs on every SIGHUP until the returned function is called, and at once where one came while the command started. */
  onReload(reload: () => void): () => void;
  /** The code the process ends with when the command is through; 0 when never called. */
  exitWith(code: ExitCode): void;
}

export interface CommandModule {
  /** Adds options, arguments, examples and the action to an empty command. */
  define(command: Command, context: CommandContext): void;
}

export const withExamples = (
  command: Command,
  examples: readonly (readonly [command: string, what: string])[],
) => {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, what]) => `  ${line.padEnd(width)}  ${what}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
};
