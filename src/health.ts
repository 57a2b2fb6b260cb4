/** Counters as a layer keeps them: numbers, in objects that may lie in objects. */
export interface Counters {
  readonly [name: string]: number | string | boolean | null | Counters;
}

/** A layer's counter object; interfaces have no index signature, so any object of numbers is taken. */
type CounterObject = object;

export interface Health {
  /** Adds a layer. The object is read, never copied, whenever health is asked for. */
  add(name: string, counters: CounterObject): void;
  /** Forgets a layer that is there no more. */
  remove(name: string): void;
  /** All counters of all layers on one plain object. */
  snapshot(): Counters;
}

const copyOf = (counters: CounterObject): Counters => {
  const copy: Record<string, Counters[string]> = {};
  for (const [name, value] of Object.entries(counters)) {
    if (
      typeof value === 'number' ||
      typeof value === 'string' ||
      typeof value === 'boolean' ||
      value === null
    ) {
      copy[name] = value;
    } else if (typeof value === 'object') copy[name] = copyOf(value);
  }
  return copy;
};

export const createHealth = (): Health => {
  const parts = new Map<string, CounterObject>();
  return {
    add(name, counters) {
      parts.set(name, counters);
    },
    remove(name) {
      parts.delete(name);
    },
    snapshot() {
      const { rss } = process.memoryUsage();
      const { user, system } = process.cpuUsage();
      return {
        process: {
          uptimeSeconds: Math.round(process.uptime()),
          rssBytes: rss,
          cpuSeconds: (user + system) / 1e6,
        },
        ...Object.fromEntries([...parts].map(([name, counters]) => [name, copyOf(counters)])),
      };
    },
  };
};

/** `http2.frames=12 calls.ended=3`: one line for a person; what is zero is left out. */
export const healthLine = (health: Counters): string => {
  const words: string[] = [];
  const walk = (prefix: string, counters: Counters): void => {
    for (const [name, value] of Object.entries(counters)) {
      if (typeof value === 'object' && value !== null) walk(`${prefix}${name}.`, value);
      else if (value !== 0 && value !== null) words.push(`${prefix}${name}=${value}`);
    }
  };
  walk('', health);
  return words.join(' ');
};
