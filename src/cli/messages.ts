export type Level = 'debug' | 'info' | 'warn' | 'error';

/** What critrace says about itself, on stderr: stdout carries data only. */
export type Log = (level: Level, text: string, fields?: Readonly<Record<string, unknown>>) => void;

const rank: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

const prefixes: Readonly<Record<Level, string>> = {
  debug: 'debug: ',
  info: '',
  warn: 'warning: ',
  error: 'error: ',
};

/** Text that waits for a reader of stderr. What comes beyond it is dropped, counted and said when there is room. */
const maxWaitingBytes = 1024 * 1024;

/** Never waits for the reader: the calls pass through this process. */
const bounded = (
  stderr: NodeJS.WriteStream,
  write: (line: string) => void,
  tell: (count: number) => void,
) => {
  let dropped = 0;
  return (line: string): void => {
    if (stderr.writableLength >= maxWaitingBytes) {
      dropped += 1;
      return;
    }
    const before = dropped;
    dropped = 0;
    if (before > 0) tell(before);
    write(line);
  };
};

/** For a person at a terminal. */
export const textLog = (stderr: NodeJS.WriteStream, least: Level = 'info'): Log => {
  const put = (line: string): void => void stderr.write(line);
  const write = bounded(stderr, put, (count) => put(`critrace: warning: ${count} messages were dropped\n`));
  return (level, text) => {
    if (rank[level] >= rank[least]) write(`critrace: ${prefixes[level]}${text}\n`);
  };
};

/** For a daemon: JSON lines with time and level. */
export const jsonLog = async (stderr: NodeJS.WriteStream, least: () => Level): Promise<Log> => {
  const { pino } = await import('pino');
  const options = {
    // What passes is decided below: it can change while the daemon runs.
    level: 'debug',
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  // Not pino's own destination: that one waits for a reader that does not read.
  const put = (line: string): void => void stderr.write(line);
  const direct = pino(options, { write: put });
  const write = bounded(stderr, put, (dropped) => direct.warn({ dropped }, 'messages were dropped'));
  const logger = pino(options, { write });
  return (level, text, fields = {}) => {
    if (rank[level] >= rank[least()]) logger[level](fields, text);
  };
};
