import type { Config } from '../config/options.ts';
import { wantsColour } from '../export/colour.ts';
import { createConsoleSink } from '../export/console.ts';
import type { Sink } from '../export/sink.ts';
import type { CommandContext } from './command.ts';

/** Text that waits for a reader of stdout; a finding that comes beyond it is dropped and counted. */
const maxWaitingBytes = 1024 * 1024;

export interface ConsoleCounters {
  findings: number;
  dropped: number;
}

export const createConsoleCounters = (): ConsoleCounters => ({ findings: 0, dropped: 0 });

/** What `traces-exporter: console` asks for: findings on stdout, a line each. Never waits for the reader. */
export const consoleSinks = (
  config: Config,
  { stdout, env }: Pick<CommandContext, 'stdout' | 'env'>,
  counters: ConsoleCounters,
): readonly Sink[] => {
  if (config['traces-exporter'] !== 'console' || config['otlp-disabled']) return [];
  const print = (line: string): void => {
    if (stdout.writableLength >= maxWaitingBytes) {
      counters.dropped += 1;
      return;
    }
    counters.findings += 1;
    stdout.write(`${line}\n`);
  };
  return [createConsoleSink(print, wantsColour(stdout.isTTY === true, env))];
};
