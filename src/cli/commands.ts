import type { CommandModule } from './command.ts';

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  /** Shown under a usage error. */
  readonly example: string;
  /** What stops this command: `quiet` ends with 0 after a signal, `signal` with 128 + its number. */
  readonly onSignal: 'quiet' | 'signal';
  /** Takes its configuration up anew on SIGHUP, which ends the others. */
  readonly onHangup?: 'reload';
  /** Commands are loaded when they are asked for: `version` must not pay for gRPC. */
  load(): Promise<CommandModule>;
}

export const commands: readonly CommandEntry[] = [
  {
    name: 'agent',
    summary: 'watch the CRI socket and export spans until stopped (the daemon)',
    example: 'critrace agent --runtime-endpoint /run/containerd/containerd.sock',
    onSignal: 'quiet',
    onHangup: 'reload',
    load: async () => (await import('./agent.ts')).agentCommand,
  },
  {
    name: 'observe',
    summary: 'print calls as they happen',
    example: 'critrace observe --method RunPodSandbox -o compact',
    onSignal: 'signal',
    load: async () => (await import('./observe.ts')).observeCommand,
  },
  {
    name: 'record',
    summary: 'write a capture file of what passes on the socket',
    example: 'critrace record -o cri.jsonl.gz',
    onSignal: 'signal',
    load: async () => (await import('./record.ts')).recordCommand,
  },
  {
    name: 'replay',
    summary: 'print the calls of a capture file',
    example: 'critrace replay cri.jsonl.gz -o json',
    onSignal: 'signal',
    load: async () => (await import('./replay.ts')).replayCommand,
  },
  {
    name: 'traces',
    summary: 'list the traces of a store or a capture',
    example: 'critrace traces --pod default/web-0',
    onSignal: 'signal',
    load: async () => (await import('./traces.ts')).tracesCommand,
  },
  {
    name: 'trace',
    summary: 'show one trace as a waterfall, with where the time went',
    example: 'critrace trace --pod default/web-0',
    onSignal: 'signal',
    load: async () => (await import('./trace.ts')).traceCommand,
  },
  {
    name: 'tail',
    summary: 'print the last of what is stored, and follow it',
    example: 'critrace tail -f',
    onSignal: 'signal',
    load: async () => (await import('./tail.ts')).tailCommand,
  },
  {
    name: 'stats',
    summary: 'count and time the calls of a store or a capture',
    example: 'critrace stats cri.jsonl.gz',
    onSignal: 'signal',
    load: async () => (await import('./stats.ts')).statsCommand,
  },
  {
    name: 'ui',
    summary: 'look at an agent, a store or a capture in the browser',
    example: 'critrace ui cri.jsonl.gz',
    onSignal: 'quiet',
    load: async () => (await import('./ui.ts')).uiCommand,
  },
  {
    name: 'doctor',
    summary: 'say what critrace will see on this machine and what not, and why',
    example: 'critrace doctor --runtime-endpoint /run/containerd/containerd.sock',
    onSignal: 'signal',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  {
    name: 'demo',
    summary: "see a pod start as one trace, on this machine's own containerd or a simulated one",
    example: 'critrace demo',
    onSignal: 'signal',
    load: async () => (await import('./demo.ts')).demoCommand,
  },
  {
    name: 'config',
    summary: 'show the effective configuration, and the options there are',
    example: 'critrace config print',
    onSignal: 'signal',
    load: async () => (await import('./config.ts')).configCommand,
  },
  {
    name: 'completion',
    summary: 'print a completion script for a shell',
    example: 'critrace completion bash',
    onSignal: 'signal',
    load: async () => (await import('./completion.ts')).completionCommand,
  },
  {
    name: 'version',
    summary: 'print the version',
    example: 'critrace version',
    onSignal: 'signal',
    load: async () => (await import('./version.ts')).versionCommand,
  },
];
