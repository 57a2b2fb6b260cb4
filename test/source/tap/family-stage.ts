import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import type { KernelEvent } from '../../../src/kernel/kernel-event.ts';
import type { KernelPart } from '../../../src/kernel/program.ts';
import type { SourceEvent } from '../../../src/source/event.ts';
import type { TapLimits } from '../../../src/source/tap/limits.ts';
import type { TapOptions, TapSource } from '../../../src/source/tap/tap.ts';
import { until } from '../../support/until.ts';
import { tapOn } from './stage.ts';

/** Serves a socket as a runtime does: whoever connects sends a shell script, and gets its pid, its status and what it prints. */
const runtimeScript = `
import os, socket, subprocess, sys, threading
def serve(c):
    with c:
        script = b''
        while piece := c.recv(65536): script += piece
        p = subprocess.Popen(['bash', '-c', script.decode()], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={'PATH': os.environ['PATH']})
        output = p.communicate()[0]
        c.sendall(f'{p.pid} {p.returncode}\\n'.encode() + output)
s = sys.argv[1]
if os.path.exists(s): os.unlink(s)
l = socket.socket(socket.AF_UNIX); l.bind(s); l.listen()
print('ready', flush=True)
while True: threading.Thread(target=serve, args=(l.accept()[0],), daemon=True).start()
`;

export interface FamilyRuntime {
  readonly pid: number;
  /** `accepted`: only when the runtime reads already is the script written. */
  run(
    script: string,
    accepted?: boolean,
  ): Promise<{ readonly pid: number; readonly code: number; readonly output: string }>;
  kill(): Promise<void>;
}

export const familyRuntime = async (t: TestContext, path: string): Promise<FamilyRuntime> => {
  const child = spawn('/usr/bin/env', ['python3', '-c', runtimeScript, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'close');
  };
  t.after(kill);
  await once(child.stdout, 'data');
  return {
    pid: child.pid ?? 0,
    kill,
    async run(script, accepted = false) {
      const socket = connect(path);
      // It accepts on one thread and reads on another.
      if (accepted) await until(() => readdirSync(`/proc/${child.pid}/task`).length > 1, 'an accept');
      socket.end(script);
      const answer = await text(socket);
      const [head = '', ...lines] = answer.split('\n');
      const [pid = '', code = ''] = head.split(' ');
      assert.match(head, /^\d+ -?\d+$/, answer);
      return { pid: Number(pid), code: Number(code), output: lines.join('\n').trim() };
    },
  };
};

export interface WatchedFamily {
  readonly tap: TapSource;
  readonly events: readonly KernelEvent[];
  of<K extends KernelEvent['kind']>(kind: K): Extract<KernelEvent, { kind: K }>[];
  /** Resolves when the exit of the process is told, and so all before it. */
  exitOf(pid: number): Promise<Extract<KernelEvent, { kind: 'exit' }>>;
}

export const watchFamily = (
  t: TestContext,
  path: string,
  parts: readonly KernelPart[],
  limits: Partial<TapLimits> = {},
  options: Partial<TapOptions> = {},
  /** All that the tap tells, while it does. */
  overhear: (event: SourceEvent) => void = () => undefined,
): WatchedFamily => {
  const tap = tapOn(t, path, limits, { parts, ...options });
  const events: KernelEvent[] = [];
  let last = 0n;
  void (async () => {
    for await (const batch of tap.events())
      for (const event of batch) {
        assert.ok(event.seen.at >= last, 'in the order of time');
        last = event.seen.at;
        overhear(event);
        if (event.kind === 'kernel') events.push(event.event);
      }
  })();
  const of = <K extends KernelEvent['kind']>(kind: K): Extract<KernelEvent, { kind: K }>[] =>
    events.filter((event): event is Extract<KernelEvent, { kind: K }> => event.kind === kind);
  return {
    tap,
    events,
    of,
    async exitOf(pid) {
      const find = () => of('exit').find((event) => event.process.pid === pid);
      await until(() => find() !== undefined, `the exit of ${pid}`);
      const found = find();
      assert.ok(found !== undefined);
      return found;
    },
  };
};
