import { fileURLToPath } from 'node:url';
import { run } from '../processes.ts';
import { serverPort } from './pcap.ts';

export interface TsharkRun {
  readonly calls: number;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

export type TsharkReads = 'headers' | 'messages';

const proto = fileURLToPath(new URL('../../proto', import.meta.url));

const fields = ['tcp.stream', 'http2.streamid', 'http2.headers.path', 'http2.headers.status'] as const;

/** What critrace takes out of most messages. */
const messageFields = [
  'pbf.runtime.v1.PodSandboxMetadata.name',
  'pbf.runtime.v1.PodSandboxMetadata.namespace',
  'pbf.runtime.v1.PodSandboxMetadata.uid',
  'pbf.runtime.v1.ContainerMetadata.name',
  'pbf.runtime.v1.ContainerStatusRequest.container_id',
  'pbf.runtime.v1.PodSandboxStatusRequest.pod_sandbox_id',
] as const;

const argumentsFor: Readonly<Record<TsharkReads, readonly string[]>> = {
  headers: [
    '--disable-protocol',
    'protobuf',
    '-Y',
    'http2.headers',
    ...fields.flatMap((name) => ['-e', name]),
  ],
  messages: [
    ...['-o', `uat:protobuf_search_paths:"${proto}","TRUE"`],
    ...['-o', 'protobuf.preload_protos:TRUE', '-o', 'protobuf.pbf_as_hf:TRUE'],
    ...[...fields, ...messageFields].flatMap((name) => ['-e', name]),
  ],
};

/** One run on one core, timed by the shell: its own CPU time and that of all it starts. */
export const runTshark = async (core: string, pcap: string, reads: TsharkReads): Promise<TsharkRun> => {
  const { stdout, stderr } = await run([
    ...['taskset', '-c', core, 'bash', '-c', 'TIMEFORMAT="%R %U %S"; time "$@"', 'bash'],
    ...['tshark', '-n', '-r', pcap, '-d', `tcp.port==${serverPort},http2`, '-T', 'fields'],
    ...argumentsFor[reads],
  ]);
  const [wall = 0, user = 0, system = 0] = (stderr.split('\n').at(-1) ?? '').split(' ').map(Number);
  return {
    calls: stdout.match(/\/[\w.]+\/\w+/g)?.length ?? 0,
    cpuSeconds: user + system,
    wallSeconds: wall,
  };
};
