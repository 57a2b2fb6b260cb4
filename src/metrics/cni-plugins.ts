import { coveredNs, type Interval } from '../foundation/covered.ts';
import type { Nanos } from '../foundation/time.ts';
import type { KernelEvent } from '../kernel/kernel-event.ts';

type Exec = Extract<KernelEvent, { kind: 'exec' }>;
type Exit = Extract<KernelEvent, { kind: 'exit' }>;

export interface PluginRun extends Interval {
  readonly plugin: string;
  readonly command: string;
  /** The sandbox that it was called for. */
  readonly sandbox: string | null;
  readonly failed: boolean;
}

/** Network plugins from exec to exit, and how long each sandbox waited for them. */
export interface CniPlugins {
  began(event: Exec, at: Nanos): void;
  /** Null: it was no plugin, or its beginning was not seen. */
  ended(event: Exit, at: Nanos): PluginRun | null;
  /** Seconds that plugins took to add the sandbox to its networks; null where none was seen. */
  secondsOf(sandboxId: string | null): number | null;
}

export interface CniPluginLimits {
  /** Plugins that run, and sandboxes that are remembered. */
  readonly maxRunning: number;
  /** Runs of one sandbox; plugins call one another, and a network has a handful. */
  readonly maxRunsOfSandbox: number;
}

const commands: ReadonlySet<string> = new Set(['ADD', 'DEL', 'CHECK', 'GC', 'STATUS', 'VERSION']);

const fileName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

const keyOf = ({ pid, start }: Exec['process']): string => `${pid} ${start}`;

export const createCniPlugins = (limits: CniPluginLimits, onDropped: () => void): CniPlugins => {
  const running = new Map<string, Omit<PluginRun, 'end' | 'failed'>>();
  const added = new Map<string, Interval[]>();

  const addedTo = (sandbox: string, run: Interval): void => {
    const runs = added.get(sandbox) ?? [];
    if (runs.length < limits.maxRunsOfSandbox) runs.push(run);
    if (!added.has(sandbox) && added.size >= limits.maxRunning) {
      const [oldest] = added.keys();
      if (oldest !== undefined) added.delete(oldest);
    }
    added.set(sandbox, runs);
  };

  return {
    began({ process, argv, cni }, at) {
      if (cni === null || cni.command === null) return;
      if (running.size >= limits.maxRunning) {
        onDropped();
        return;
      }
      running.set(keyOf(process), {
        plugin: fileName(argv[0] ?? process.comm),
        command: commands.has(cni.command) ? cni.command : 'other',
        sandbox: cni.containerId,
        start: at,
      });
    },
    ended({ process, code, signal }, at) {
      const key = keyOf(process);
      const run = running.get(key);
      if (run === undefined) return null;
      running.delete(key);
      if (run.command === 'ADD' && run.sandbox !== null) addedTo(run.sandbox, { start: run.start, end: at });
      return { ...run, end: at, failed: code !== 0 || signal !== null };
    },
    secondsOf(sandboxId) {
      const runs = sandboxId === null ? undefined : added.get(sandboxId);
      return runs === undefined ? null : Number(coveredNs(runs)) / 1e9;
    },
  };
};
