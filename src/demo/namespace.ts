import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Namespaces of its own make the clean-up complete by construction: when process 1 of the pid namespace ends, the
 * kernel kills every shim and container with it, and with the last process go all mounts, network devices and
 * firewall rules. Sockets in the file system and cgroups stay visible to the host, as on a real node.
 */
const namespaces = ['--mount', '--net', '--pid', '--ipc', '--fork', '--kill-child', '--mount-proc'];

/** Null when this process may make the namespaces, else what the system said. */
export const namespaceRefusal = async (): Promise<string | null> => {
  try {
    await run('unshare', [...namespaces, 'mount', '-t', 'tmpfs', 'tmpfs', '/run'], { timeout: 10_000 });
    return null;
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    return stderr?.trim().split('\n').at(-1) || String(error);
  }
};

/**
 * $0 is the folder of the CNI plugins; the arguments are the command. /run and /var/lib are hidden by empty ones:
 * shims and CNI keep sockets and leases there, whatever the configuration says. The loopback device of a new network
 * namespace is down; the CNI plugin raises it, so that no further program is needed. The command ends when
 * the pipe on file descriptor 3 does, hence also when our process was killed.
 */
const script = `set -eu
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=755 tmpfs /var/lib
echo '{"cniVersion":"0.4.0","name":"loopback","type":"loopback"}' |
  CNI_COMMAND=ADD CNI_CONTAINERID=host CNI_NETNS=/proc/self/ns/net CNI_IFNAME=lo CNI_PATH="$0" "$0/loopback" >/dev/null
"$@" 3<&- &
command=$!
{ read -r _ <&3 || true; kill -KILL "$command"; } &
wait "$command"
`;

export interface NamespacedProcess {
  /** Settles when every process of the namespace is gone. */
  readonly ended: Promise<void>;
  /** Ends the command and all its descendants, and waits for them. */
  stop(): Promise<void>;
}

/** Starts a command in namespaces of its own, with stdout and stderr going to `output`. */
export const spawnNamespaced = (
  command: readonly string[],
  options: {
    readonly cniPluginFolder: string;
    readonly folder: string;
    readonly output: FileHandle;
    /** Where the command and what it starts look for programs. */
    readonly path: string;
  },
): NamespacedProcess => {
  const child: ChildProcess = spawn(
    'unshare',
    [...namespaces, 'sh', '-c', script, options.cniPluginFolder, ...command],
    {
      cwd: options.folder,
      env: { ...process.env, PATH: options.path },
      // A terminal's Ctrl-C goes to the whole foreground group: a group of its own leaves the order of the end to us.
      detached: true,
      stdio: ['ignore', options.output.fd, options.output.fd, 'pipe'],
    },
  );
  const ended = once(child, 'exit').then(
    () => undefined,
    () => undefined,
  );
  const lifeline = child.stdio[3];
  lifeline?.on('error', () => undefined);
  return {
    ended,
    async stop() {
      lifeline?.destroy();
      await ended;
    },
  };
};
