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

/** For a person at a terminal. */
export const textLog = (stderr: NodeJS.WriteStream, least: Level = 'info'): Log => {
  return (level, text) => {
    if (rank[level] >= rank[least]) stderr.write(`critrace: ${prefixes[level]}${text}\n`);
  };
};

/** For a daemon: JSON lines with time and level. */
export const jsonLog = async (least: Level): Promise<Log> => {
  const { pino } = await import('pino');
  // Synchronous: the last words before an exit are the ones that matter.
  const destination = pino.destination({ fd: 2, sync: true });
  destination.on('error', () => {
    // Nobody reads the log any more: the agent goes on without.
  });
  const logger = pino(
    {
      level: least,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return (level, text, fields = {}) => logger[level](fields, text);
};
