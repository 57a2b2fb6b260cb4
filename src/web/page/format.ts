/** `812 µs`, `4.21 ms`, `93.4 ms`, `12.3 s`, `4 m 10 s`: as the terminal has it. */
export const duration = (ms: number): string => {
  if (ms < 0) return `-${duration(-ms)}`;
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms >= 100_000) {
    const seconds = Math.round(ms / 1000);
    if (seconds >= 7200)
      return `${Math.floor(seconds / 3600)} h ${String(Math.floor(seconds / 60) % 60).padStart(2, '0')} m`;
    return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, '0')} s`;
  }
  const [value, unit] = ms < 1000 ? [ms, 'ms'] : [ms / 1000, 's'];
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${unit}`;
};

/** `23:16:02.630`, in UTC like the terminal's. */
export const clock = (at: number): string => new Date(at).toISOString().slice(11, 23);

export const dayAndClock = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ');

export const count = (value: number): string => value.toLocaleString('en-US');

export const bytes = (value: number): string => {
  if (value < 1024) return `${value} B`;
  if (value < 1024 ** 2) return `${(value / 1024).toFixed(1)} KiB`;
  return value < 1024 ** 3
    ? `${(value / 1024 ** 2).toFixed(1)} MiB`
    : `${(value / 1024 ** 3).toFixed(2)} GiB`;
};

export const words = (name: string): string => name.replaceAll('_', ' ');

/** `RunPodSandbox` of `runtime.v1.RuntimeService/RunPodSandbox`. */
export const shortMethod = (method: string): string => method.slice(method.lastIndexOf('/') + 1);

/** `v1alpha2` of `runtime.v1alpha2.RuntimeService/Version`. */
export const apiVersion = (method: string): string => /^runtime\.(v\w+)\./.exec(method)?.[1] ?? '';

export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;
