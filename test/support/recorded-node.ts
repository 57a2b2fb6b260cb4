import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type ApiVersion, type Message, methodCodecs } from '../../src/demo/codec.ts';
import { createRuntime, type RuntimeOptions, type SimulatedRuntime } from '../../src/demo/runtime.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { temporaryFolder } from './folder.ts';
import { type GrpcGoClient, grpcGoClient } from './grpc-go-client.ts';
import { until } from './until.ts';

/** A process that calls runtimes, each service on a connection of its own, dialled when a call needs it. */
export interface NodeProcess {
  /** Null: the runtime refused, or went away. */
  /** The reply takes so many seconds. */
  call(version: ApiVersion, rpc: string, request?: Message, seconds?: number): Promise<Message | null>;
  exit(): Promise<void>;
}

export interface ProcessKind {
  /** Null: the source does not know. */
  readonly comm: string | null;
  readonly pid: number | null;
  readonly userAgent: string;
  readonly authority: string;
  /** Where the image service is, if not at the runtime's own socket. */
  readonly imageEndpoint?: string;
}

/**
 * A node whose kubelets, commands and runtimes come and go, recorded in the form of the capture format; no code of the
 * program writes it. The requests are those of grpc-go, octet for octet; time is that of the story.
 */
export interface RecordedNode {
  readonly endpoint: string;
  serve(options: Partial<RuntimeOptions>, endpoint?: string): Promise<SimulatedRuntime>;
  /** As if killed: the socket and its connections go. */
  kill(endpoint?: string): Promise<void>;
  process(kind: ProcessKind): NodeProcess;
  wait(seconds: number): void;
  /** Writes capture and truth; the path without its ending. */
  save(name: string): string;
}

const imageMethods: ReadonlySet<string> = new Set(
  [...methodCodecs('v1').values()].flatMap(({ service, name }) => (service === 'ImageService' ? [name] : [])),
);

/** As kubelets do: without an end, and for as long as the method may take. */
const timeoutOf = (rpc: string): string | null =>
  rpc === 'GetContainerEvents' || rpc === 'PullImage'
    ? null
    : rpc === 'RunPodSandbox'
      ? '240000m'
      : '120000m';

interface Dialled {
  readonly client: GrpcGoClient;
  readonly connection: number;
  readonly isClosed: () => boolean;
}

export const recordedNode = async (test: TestContext): Promise<RecordedNode> => {
  const folder = await temporaryFolder(test);
  const endpoint = join(folder, 'runtime.sock');
  const lines: object[] = [{ capture: 1, socket: endpoint }];
  const truth: object[] = [];
  const runtimes = new Map<string, { readonly runtime: SimulatedRuntime; readonly pid: number }>();
  let now = 1_800_000_000_000_000_000n;
  let connections = 0;
  let serverPid = 700;

  const event = (e: string, c: number, more: object = {}): void => {
    now += 50_000n;
    lines.push({ t: String(now), c, e, ...more });
  };

  const dial = async ({ comm, pid, userAgent, authority }: ProcessKind, path: string): Promise<Dialled> => {
    const server = runtimes.get(path);
    if (server === undefined) throw new RangeError(`nobody listens at ${path}`);
    connections += 1;
    const connection = connections;
    let isClosed = false;
    event('open', connection, {
      endpoint: path,
      ...(pid === null ? {} : { pid, pid_start: String(pid), uid: 0 }),
      ...(comm === null ? {} : { comm }),
      ...{ server_pid: server.pid, server_pid_start: String(server.pid), server_comm: 'containerd' },
    });
    const client = await grpcGoClient(path, {
      ...{ authority, userAgent, acceptsEncodings: false },
      onBytes: (d, bytes) => event('data', connection, { d, b: bytes.toString('base64') }),
      onClose() {
        isClosed = true;
        event('close', connection);
      },
    });
    test.after(() => client.close());
    return { client, connection, isClosed: () => isClosed };
  };

  const wait = (seconds: number): void => {
    now += BigInt(Math.round(seconds * 1e6)) * 1000n;
  };

  const serve: RecordedNode['serve'] = async (options, path = endpoint) => {
    const runtime = createRuntime({ clock: systemClock(), pace: 0, ...options });
    await runtime.listen(path);
    test.after(() => runtime.close());
    serverPid += 1;
    runtimes.set(path, { runtime, pid: serverPid });
    return runtime;
  };

  const process = (kind: ProcessKind): NodeProcess => {
    const dialled = new Map<string, Dialled>();
    const clientFor = async (rpc: string): Promise<Dialled> => {
      const service = imageMethods.has(rpc) ? 'ImageService' : 'RuntimeService';
      const known = dialled.get(service);
      if (known !== undefined && !known.isClosed()) return known;
      const path = service === 'ImageService' ? (kind.imageEndpoint ?? endpoint) : endpoint;
      const fresh = await dial(kind, path);
      dialled.set(service, fresh);
      return fresh;
    };
    return {
      async call(version, rpc, request = {}, seconds = 0) {
        const codec = methodCodecs(version).get(rpc);
        if (codec === undefined) throw new RangeError(`no method ${rpc} in ${version}`);
        const { client, connection } = await clientFor(rpc);
        const body = codec.encodeRequest(request);
        const replied = client.call(codec.path, body, timeoutOf(rpc), rpc === 'GetContainerEvents');
        wait(seconds);
        const { stream, messages } = await replied;
        truth.push({ conn: connection, stream, path: codec.path });
        const [reply] = messages;
        return reply === undefined ? null : codec.decodeResponse(reply);
      },
      async exit() {
        for (const { client, isClosed } of dialled.values()) {
          client.close();
          await until(isClosed, () => `${kind.comm} to be gone`);
        }
        dialled.clear();
      },
    };
  };

  return {
    endpoint,
    serve,
    async kill(path = endpoint) {
      await runtimes.get(path)?.runtime.close();
      runtimes.delete(path);
    },
    process,
    wait,
    save(name) {
      const path = join(folder, name);
      const text = (of: readonly object[]): Buffer =>
        gzipSync(of.map((line) => `${JSON.stringify(line)}\n`).join(''));
      writeFileSync(`${path}.jsonl.gz`, text(lines));
      writeFileSync(`${path}.truth.jsonl.gz`, text(truth));
      return path;
    },
  };
};
