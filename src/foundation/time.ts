/** Nanoseconds since the Unix epoch. A bigint: a double loses nanoseconds after 104 days. */
export type Nanos = bigint;

/**
 * When bytes were seen. `at` is when the reader had them (or, for an observer in the path, when they passed);
 * `sentAt` is when the sender wrote them, null where the source cannot know.
 */
export interface Seen {
  readonly at: Nanos;
  readonly sentAt: Nanos | null;
  /** The write was not later than `sentAt`, and may have been earlier. */
  readonly sentBound?: true;
}

export const nanosPerSecond = 1_000_000_000n;
export const nanosPerMillisecond = 1_000_000n;

/** `[seconds, nanoseconds]`, the only form in which OpenTelemetry's SDK keeps nanoseconds. */
export const toHrTime = (time: Nanos): [number, number] => [
  Number(time / nanosPerSecond),
  Number(time % nanosPerSecond),
];

/** RFC 3339 in UTC with nine fractional digits. */
export const toRfc3339 = (time: Nanos): string => {
  const [seconds, nanos] = toHrTime(time);
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(nanos).padStart(9, '0')}Z`;
};

/** Math.min and Math.max know no bigint. */
export const earlier = (one: Nanos, other: Nanos): Nanos => {
  if (one < other) return one;
  return other;
};

export const later = (one: Nanos, other: Nanos): Nanos => {
  if (one > other) return one;
  return other;
};
