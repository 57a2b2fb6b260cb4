import type { Message } from '../../../src/demo/codec.ts';
import type { NodeProcess, ProcessKind, RecordedNode } from '../../support/recorded-node.ts';

type Version = 'v1' | 'v1alpha2';

/** Their grpc-go. */
const releases = {
  '1.20': 'grpc-go/1.27.1',
  '1.22': 'grpc-go/1.38.0',
  '1.23': 'grpc-go/1.40.0',
  '1.25': 'grpc-go/1.47.0',
  '1.26': 'grpc-go/1.49.0',
  '1.29': 'grpc-go/1.58.3',
  '1.33': 'grpc-go/1.68.1',
  '1.36': 'grpc-go/1.79.3',
  '1.37': 'grpc-go/1.82.1',
} as const;
/** That of releases since 1.31: the runtime of the tests, which is Node's, refuses the path of the socket that others send. */
const authority = 'localhost';
export type Release = keyof typeof releases;

export interface Kubelet extends NodeProcess {
  /** What its release does at its start; false: it ends. */
  start(): Promise<boolean>;
  relist(): Promise<void>;
  /** So many seconds of an idle node: relists, and what is due less often. */
  idle(seconds: number): Promise<void>;
  runtimeVersion(): Version;
  imageVersion(): Version;
}

const minorOf = (release: Release): number => Number(release.split('.')[1]);

export const kubelet = (
  node: RecordedNode,
  release: Release,
  pid: number,
  more: Partial<ProcessKind> = {},
): Kubelet => {
  const userAgent = releases[release];
  const process = node.process({ comm: 'kubelet', pid, userAgent, authority, ...more });
  const minor = minorOf(release);
  let runtime: Version = minor < 23 ? 'v1alpha2' : 'v1';
  let image: Version = runtime;
  const ask = (rpc: string, request?: Message) => process.call(runtime, rpc, request);
  /** By hand, from what each release does: null, it dies. */
  const chosen = (reply: Message | null): Version | null => {
    if (reply !== null) return 'v1';
    if (minor <= 25) return 'v1alpha2';
    return null;
  };
  const negotiate = async (): Promise<boolean> => {
    const first = chosen(await process.call('v1', 'Version'));
    if (first === null) return false;
    runtime = first;
    const second = chosen(await process.call('v1', 'ImageFsInfo'));
    if (second === null) return false;
    image = second;
    return true;
  };
  const relist = async (): Promise<void> => {
    await ask('ListPodSandbox');
    node.wait(0.001);
    await ask('ListContainers', { filter: {} });
  };
  return {
    ...process,
    runtimeVersion: () => runtime,
    imageVersion: () => image,
    relist,
    async start() {
      if (minor >= 23 && !(await negotiate())) return false;
      if (minor >= 28) await ask('RuntimeConfig');
      return (await ask('Version', { version: '0.1.0' })) !== null;
    },
    async idle(seconds) {
      for (let second = 0; second < seconds; second++) {
        node.wait(1);
        await relist();
        if (second % 5 === 4) await ask('Status');
        if (second % 10 !== 9) continue;
        node.wait(0.3);
        await ask('Version', { version: '0.1.0' });
        await process.call(image, 'ImageFsInfo');
      }
    },
  };
};

/** One command of crictl, a process of its own. `old`: up to 1.23, which asks for nothing; else it asks for v1. */
export const crictl = async (
  node: RecordedNode,
  pid: number,
  old: boolean,
  commands: (call: (rpc: string, request?: Message) => Promise<Message | null>) => Promise<unknown>,
): Promise<void> => {
  const process = node.process({
    comm: 'crictl',
    pid,
    userAgent: old ? 'grpc-go/1.38.0' : 'grpc-go/1.79.3',
    authority,
  });
  if (old || (await process.call('v1', 'Version')) !== null)
    await commands((rpc, request) => process.call(old ? 'v1alpha2' : 'v1', rpc, request));
  await process.exit();
};
