import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock } from '../../../src/foundation/clock.ts';
import { systemTimers } from '../../../src/foundation/timers.ts';
import { loadNative, type NativeLibrary } from '../../../src/kernel/native.ts';
import type { SourceEvent } from '../../../src/source/event.ts';
import type { Source } from '../../../src/source/source.ts';
import { defaultTapLimits, type TapLimits } from '../../../src/source/tap/limits.ts';
import { createTap, type TapOptions, type TapSource } from '../../../src/source/tap/tap.ts';
import { temporaryFolder } from '../proxy/stage.ts';

export const nativeLibrary = (): NativeLibrary => {
  const native = loadNative();
  if (!native.loaded) assert.fail(`${native.why}; ${native.remedy}`);
  return native.library;
};

/** A path for a runtime's socket in a folder of its own. */
export const socketPath = (test: TestContext): string =>
  join(
    temporaryFolder((clean) => test.after(clean)),
    'r.sock',
  );

/** Attached to what may be at the path; closed at the test's end. */
export const tapOn = (
  test: TestContext,
  endpoint: string,
  limits: Partial<TapLimits> = {},
  options: Partial<TapOptions> = {},
): TapSource => {
  const tap = createTap({
    identity: 'host:test',
    endpoints: [endpoint],
    clock: systemClock(),
    timers: systemTimers(systemClock()),
    native: nativeLibrary(),
    ...options,
    limits: { ...defaultTapLimits, paceMs: 10, quietPaceMs: 10, ...limits },
  });
  test.after(() => tap.close());
  return tap;
};

/** What a source yields while the test goes on, with bytes that stay. */
export const watchTap = (
  source: Source,
): { readonly events: SourceEvent[]; readonly done: Promise<void> } => {
  const events: SourceEvent[] = [];
  const done = (async () => {
    for await (const batch of source.events())
      for (const event of batch)
        events.push(event.kind === 'data' ? { ...event, bytes: Buffer.from(event.bytes) } : event);
  })();
  return { events, done };
};

export const count = (events: readonly SourceEvent[], kind: SourceEvent['kind']): number =>
  events.filter((event) => event.kind === kind).length;

/** A client or runtime in Python, whose sockets do exactly what its script says. `s` is the path of the socket. */
export const pythonScript = (path: string, script: string): [string, string[]] => [
  'python3',
  ['-c', `import os, socket, sys, threading, time\ns = ${JSON.stringify(path)}\n${script}`],
];
