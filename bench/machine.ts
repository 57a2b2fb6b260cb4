import { cpus, release, totalmem } from 'node:os';

/** The machine as the results name it. */
export const machine = (): string => {
  const [cpu] = cpus();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  return `${cpu?.model ?? 'unknown CPU'} (${cpus().length} logical cores, ${memory} GiB), Linux ${release()}, Node ${process.versions.node}`;
};
