import { resolve } from 'node:path';
import * as z from 'zod';
import { formatDuration, parseDurationMs } from './duration.ts';
import { formatBytes, parseBytes } from './size.ts';

/**
 * The types of configuration values. Each reads the text of a flag or of the environment as well as the YAML value,
 * and carries the words for it: `type` for the reference, and the message of its failure says what is allowed.
 */
export interface ValueType<T> {
  readonly type: string;
  readonly schema: z.ZodType<T>;
  /** The values there are, for completion; null when there is no short list. */
  readonly choices: readonly string[] | null;
  /** The value as it would be written in the file. */
  format(value: T): string | number | boolean | Readonly<Record<string, string>>;
}

const scalarText = z.union([z.string(), z.number()]).transform((value) => String(value).trim());

/** A type read from text by `parse`, which gives null for what is not allowed. */
const fromText = <T extends string | number>(
  type: string,
  allowed: string,
  parse: (text: string) => T | null,
  format: (value: T) => string | number = (value) => value,
): ValueType<T> => ({
  type,
  choices: null,
  format,
  schema: z.unknown().transform((value, context): T => {
    const text = scalarText.safeParse(value);
    const parsed = text.success ? parse(text.data) : null;
    if (parsed === null) {
      context.addIssue({ code: 'custom', message: `allowed: ${allowed}` });
      return z.NEVER;
    }
    return parsed;
  }),
});

export const choice = <const T extends string>(values: readonly T[]): ValueType<T> => ({
  type: values.map((value) => `\`${value}\``).join(' or '),
  choices: values,
  format: (value) => value,
  schema: z.enum(values, { error: () => `allowed: ${values.join(', ')}` }),
});

/** Some of the values, in their order: `a,b`, a list in the file, `all` or `none`. */
export const subset = <const T extends string>(values: readonly T[]): ValueType<readonly T[]> => ({
  type: `list of ${values.map((value) => `\`${value}\``).join(', ')}; \`all\` or \`none\``,
  choices: null,
  format: (value) => (value.length === 0 ? 'none' : value.join(',')),
  schema: z.unknown().transform((value, context): readonly T[] => {
    const given = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : [value];
    const words = given.map((word) => (typeof word === 'string' ? word.trim() : ''));
    if (words.length === 1 && words[0] === 'all') return values;
    if (words.length === 1 && words[0] === 'none') return [];
    const known: readonly string[] = values;
    if (words.length === 0 || words.some((word) => !known.includes(word))) {
      context.addIssue({ code: 'custom', message: `allowed: all, none, or some of ${values.join(', ')}` });
      return z.NEVER;
    }
    return values.filter((one) => words.includes(one));
  }),
});

export const text: ValueType<string> = fromText('text', 'a text that is not empty', (value) =>
  value === '' ? null : value,
);

export const path: ValueType<string> = fromText('path', 'a path', (value) =>
  value === '' || value.includes('\0') ? null : resolve(value),
);

/** sun_path holds 108 bytes with its final NUL (unix(7)). */
const maxSocketPathBytes = 107;

/** The path of a unix socket, from itself or from a `unix://` address; a sentence when it is neither. */
export const parseSocketAddress = (value: string): { path: string } | { refused: string } => {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(value)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'unix') {
    return { refused: `${scheme}:// is not supported; allowed: a unix socket, as a path or unix:///path` };
  }
  const bare = scheme === undefined ? value : value.replace(/^unix:(\/\/)?/i, '');
  if (bare === '' || bare.startsWith('@') || bare.includes('\0')) {
    return { refused: 'allowed: a unix socket, as a path or unix:///path' };
  }
  if (scheme !== undefined && !bare.startsWith('/')) {
    return { refused: 'allowed: unix:///path with three slashes, or the bare path' };
  }
  const full = resolve(bare);
  return Buffer.byteLength(full) > maxSocketPathBytes
    ? { refused: `longer than the ${maxSocketPathBytes} bytes a socket path may have` }
    : { path: full };
};

export const socket: ValueType<string> = {
  type: 'socket path or `unix://` address',
  choices: null,
  format: (value) => value,
  schema: z.unknown().transform((value, context): string => {
    const address =
      typeof value === 'string' ? parseSocketAddress(value.trim()) : { refused: 'allowed: a path' };
    if ('refused' in address) {
      context.addIssue({ code: 'custom', message: address.refused });
      return z.NEVER;
    }
    return address.path;
  }),
};

const httpAddress =
  /^unix:\/{0,2}\/[^\s]+$|^(https?:\/\/)?[^\s/:@]+(:\d{1,5})?\/?$|^(https?:\/\/)?\[[0-9a-f:.]+\](:\d{1,5})?\/?$/i;

/** A gRPC target: OTLP over gRPC has no path, and credentials do not belong into an address. */
export const grpcAddress: ValueType<string> = fromText(
  'address',
  'an address such as http://localhost:4317, https://collector:4317 or unix:/run/otel.sock, without user, password and path',
  (value) => (httpAddress.test(value) ? value.replace(/\/$/, '') : null),
);

/** In milliseconds. */
export const duration = (minMs: number, maxMs: number): ValueType<number> =>
  fromText(
    'duration',
    `a duration such as 500ms, 10s or 1h30m, from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`,
    (value) => {
      const ms = parseDurationMs(value);
      return ms === null || ms < minMs || ms > maxMs ? null : ms;
    },
    formatDuration,
  );

/** OpenTelemetry gives its durations as a bare number of milliseconds: both are read. */
export const durationOrMilliseconds = (minMs: number, maxMs: number): ValueType<number> => {
  const unit = duration(minMs, maxMs);
  return {
    ...unit,
    schema: z
      .unknown()
      .transform((value) => (/^\d+$/.test(String(value)) ? `${value}ms` : value))
      .pipe(unit.schema),
  };
};

export const bytes = (min: number, max: number): ValueType<number> =>
  fromText(
    'size',
    `a size such as 512KiB, 64MiB or 1GiB, from ${formatBytes(min)} to ${formatBytes(max)}`,
    (value) => {
      const size = parseBytes(value);
      return size === null || size < min || size > max ? null : size;
    },
    formatBytes,
  );

/** What the kernel takes as the size of a ring. */
export const ringBytes = (min: number, max: number): ValueType<number> =>
  fromText(
    'size',
    `a power of two such as 512KiB, 8MiB or 64MiB, from ${formatBytes(min)} to ${formatBytes(max)}`,
    (value) => {
      const size = parseBytes(value);
      return size === null || size < min || size > max || !Number.isInteger(Math.log2(size)) ? null : size;
    },
    formatBytes,
  );

export const integer = (min: number, max: number): ValueType<number> =>
  fromText('number', `a whole number from ${min} to ${max}`, (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    return number >= min && number <= max ? number : null;
  });

const truth: Readonly<Record<string, boolean>> = { true: true, false: false };

export const flag: ValueType<boolean> = {
  type: '`true` or `false`',
  choices: ['true', 'false'],
  format: (value) => value,
  schema: z.unknown().transform((value, context): boolean => {
    const parsed = typeof value === 'boolean' ? value : truth[String(value).toLowerCase()];
    if (parsed === undefined) {
      context.addIssue({ code: 'custom', message: 'allowed: true, false' });
      return z.NEVER;
    }
    return parsed;
  }),
};

const percentDecoded = (value: string): string | null => {
  try {
    return decodeURIComponent(value);
  } catch {
    return null;
  }
};

const parsePairs = (value: string): Record<string, string> | null => {
  const pairs: [string, string][] = [];
  for (const item of value.split(',')) {
    if (item.trim() === '') continue;
    const at = item.indexOf('=');
    const key = at < 1 ? null : percentDecoded(item.slice(0, at).trim());
    const decoded = percentDecoded(item.slice(at + 1).trim());
    if (key === null || decoded === null) return null;
    pairs.push([key, decoded]);
  }
  return Object.fromEntries(pairs);
};

/** `key=value,key=value`, percent-encoded as OpenTelemetry has it; a mapping in YAML. */
export const pairs: ValueType<Readonly<Record<string, string>>> = {
  type: '`key=value` list, a mapping in YAML',
  choices: null,
  format: (value) => value,
  schema: z.unknown().transform((value, context): Readonly<Record<string, string>> => {
    const mapping = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).safeParse(value);
    if (mapping.success) {
      return Object.fromEntries(Object.entries(mapping.data).map(([key, item]) => [key, String(item)]));
    }
    const parsed = typeof value === 'string' ? parsePairs(value) : null;
    if (parsed === null) {
      context.addIssue({
        code: 'custom',
        message: 'allowed: key=value,key=value with percent-encoded values, or a mapping',
      });
      return z.NEVER;
    }
    return parsed;
  }),
};

const listenAddress = /^(?:off|unix:(?:\/\/)?\/.+|(?:\[[0-9a-f:.]+\]|[\w.-]+):\d{1,5})$/i;

export const pageListen = fromText(
  'address',
  'HOST:PORT such as 127.0.0.1:9465, unix:///PATH, or off',
  (value) => (listenAddress.test(value) ? value : null),
);
