import { readdirSync, readFileSync } from 'node:fs';

export interface Memory {
  /** Megabytes of 2^20 bytes. */
  readonly rss: number;
  readonly rssAnon: number;
}

export const memoryOf = (pid: number): Memory => {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const megabytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { rss: megabytes('VmRSS'), rssAnon: megabytes('RssAnon') };
};

/** Seconds on a core, of all threads: the scheduler's own count, finer than the clock ticks of `stat`. */
export const cpuSecondsOf = (pid: number): number =>
  readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const [onCpu] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ');
    return sum + Number(onCpu) / 1e9;
  }, 0);
