/** What becomes of SIGHUP: it ends a process that does not listen for it. */
export interface Hangups {
  /** Ends the process, also by one that came before. */
  end(): void;
  /** Calls this from now on, and at once where one came before; until the returned function is called. */
  reload(reload: () => void): () => void;
}

/** Holds what comes while it is not yet known which of both it is to be: a daemon that still starts must not end by it. */
export const holdHangups = (process: NodeJS.Process): Hangups => {
  let came = false;
  const hold = () => {
    came = true;
  };
  process.on('SIGHUP', hold);
  return {
    end() {
      process.off('SIGHUP', hold);
      if (came) process.kill(process.pid, 'SIGHUP');
    },
    reload(reload) {
      process.off('SIGHUP', hold);
      process.on('SIGHUP', reload);
      if (came) reload();
      came = false;
      return () => process.off('SIGHUP', reload);
    },
  };
};
