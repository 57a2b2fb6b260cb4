import { CommanderError } from 'commander';
import { ConfigError } from '../config/error.ts';
import { CliError, type CommandContext, type ExitCode } from './command.ts';
import { type CommandEntry, commands } from './commands.ts';
import type { Hangups } from './hangup.ts';
import { readerGone } from './output.ts';
import { createProgram } from './program.ts';
import { neverWait } from './terminal.ts';

const signalCodes = { SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof signalCodes;

/** After a stop signal a reader that does not read holds up the end for so long. */
const stoppedFlushMs = 1000;

/**
 * All that was written has reached the reader or has failed, which is told a turn later, or `signal` has aborted and
 * it does not read on.
 */
const flushed = (stream: NodeJS.WriteStream, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (stream.writableLength === 0) return void setImmediate(resolve);
    stream.write('', () => resolve());
    const hurry = () => setTimeout(resolve, stoppedFlushMs);
    if (signal.aborted) hurry();
    else signal.addEventListener('abort', hurry, { once: true });
  });

/** The command that the arguments name: the first that is not an option. `help NAME` names NAME. */
const entryOf = (args: readonly string[]): CommandEntry | undefined => {
  const words = args.filter((arg) => !arg.startsWith('-'));
  const name = words[0] === 'help' ? words[1] : words[0];
  return commands.find((entry) => entry.name === name);
};

const isEpipe = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED');

/** Runs one command to its end and says which code the process ends with. The second stop signal ends it at once. */
export const runMain = async (
  process: NodeJS.Process,
  statusRequests: Set<() => void>,
  hangups: Hangups,
  exitAtOnce: (code: number) => void,
): Promise<number> => {
  const abort = new AbortController();
  let exitCode: ExitCode = 0;
  let stoppedBy: StopSignal | null = null;
  let unwritable: Error | null = null;

  const stop = (signal: StopSignal) => {
    if (stoppedBy !== null) exitAtOnce(signalCodes[signal]);
    stoppedBy = signal;
    abort.abort(signal);
  };
  for (const stream of [process.stdout, process.stderr]) neverWait(stream);
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.stdout.on('error', (error) => {
    if (!isEpipe(error)) unwritable ??= error;
    abort.abort(readerGone);
  });
  process.stderr.on('error', () => {
    // Nobody reads the messages: the work goes on without them.
  });

  const context: CommandContext = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    signal: abort.signal,
    onStatusRequest(show) {
      statusRequests.add(show);
      return () => statusRequests.delete(show);
    },
    onReload: hangups.reload,
    exitWith(code) {
      exitCode = code;
    },
  };

  const args = process.argv.slice(2);
  const entry = entryOf(args);
  if (entry?.onHangup !== 'reload') hangups.end();
  const fail = (error: unknown): number => {
    if (abort.signal.reason === readerGone || isEpipe(error)) return 0;
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      // Commander has printed the message; a bare `critrace` has printed the help instead of one.
      if (error.code !== 'commander.help') {
        process.stderr.write(`example: ${entry?.example ?? 'critrace --help'}\n`);
      }
      return 2;
    }
    if (error instanceof ConfigError) {
      process.stderr.write(`error: ${error.message}; example: ${error.example}\n`);
      return 2;
    }
    if (error instanceof CliError) {
      process.stderr.write(`error: ${error.message}\n${error.hint === null ? '' : `${error.hint}\n`}`);
      return error.exitCode;
    }
    process.stderr.write(
      `critrace: a fault of critrace itself: ${error instanceof Error ? error.stack : error}\n`,
    );
    return 70;
  };

  const run = async (): Promise<number> => {
    try {
      const wanted = args[0] === '-V' || args[0] === '--version' ? ['version', ...args.slice(1)] : args;
      const program = await createProgram(context, (name) => name === (entryOf(wanted)?.name ?? null));
      await program.parseAsync(wanted, { from: 'user' });
    } catch (error) {
      return fail(error);
    }
    if (abort.signal.reason === readerGone) return 0;
    return stoppedBy === null || entry?.onSignal === 'quiet' ? exitCode : signalCodes[stoppedBy];
  };
  const ended = async (code: number): Promise<number> => {
    await flushed(process.stdout, abort.signal);
    if (unwritable === null) return code;
    process.stderr.write(
      `error: standard output cannot be written: ${unwritable.message}\nchoose a place that has room\n`,
    );
    return 3;
  };
  const code = await ended(await run());
  await flushed(process.stderr, abort.signal);
  return code;
};
