import { type ApiVersion, type Message, methodCodecs } from '../../src/demo/codec.ts';
import { type CriClient, createCriClient } from '../../src/demo/cri-client.ts';
import { pause } from '../../src/demo/pause.ts';
import { systemClock } from '../../src/foundation/clock.ts';

/** What a client does from its start to its end; `again` is when the runtime was replaced, if it is. */
export type ClientRules = (session: Session) => Promise<void>;

export interface Session {
  /** One call on the connection of the service; the status. */
  runtime(version: ApiVersion, method: string, request?: Message): Promise<string>;
  image(version: ApiVersion, method: string, request?: Message): Promise<string>;
  /** Resolves when it is time for the second half of its life. */
  again(): Promise<void>;
}

export interface OpenSession extends Session {
  /** Calls that reached a runtime. */
  calls(): number;
  close(): void;
}

/** gRPC over connections of its own, one for each service that is used, as kubelets and crictl have them. */
export const openSession = (socket: string, again: () => Promise<void>): OpenSession => {
  const open = new Map<string, CriClient>();
  let calls = 0;
  const clientOf = (service: string): CriClient => {
    const known = open.get(service);
    if (known !== undefined) return known;
    const client = createCriClient({ socket, clock: systemClock(), record: () => undefined });
    open.set(service, client);
    return client;
  };
  const call =
    (service: string) =>
    async (version: ApiVersion, method: string, request: Message = {}): Promise<string> => {
      const codec = methodCodecs(version).get(method);
      if (codec === undefined) throw new RangeError(`no method ${method} in ${version}`);
      for (;;) {
        const { code } = (await clientOf(service).call(codec, request, { timeoutMs: 10_000 })).record;
        // Nobody listens while a runtime is replaced: no bytes, and the next call dials anew.
        if (code !== 'UNAVAILABLE') {
          calls += 1;
          return code;
        }
        await pause(20, AbortSignal.timeout(10_000));
      }
    };
  return {
    runtime: call('runtime'),
    image: call('image'),
    again,
    calls: () => calls,
    close() {
      for (const client of open.values()) client.close();
    },
  };
};

const startUp = { version: '0.1.0' };

/** The lists that every kubelet goes on with, on both connections. */
const steady = async (
  { runtime, image }: Session,
  runtimeApi: ApiVersion,
  imageApi: ApiVersion,
): Promise<void> => {
  await runtime(runtimeApi, 'ListPodSandbox');
  await runtime(runtimeApi, 'ListContainers');
  await image(imageApi, 'ListImages');
};

const live = async (session: Session, runtimeApi: ApiVersion, imageApi: ApiVersion): Promise<void> => {
  await steady(session, runtimeApi, imageApi);
  await session.again();
  // The choice is kept for life.
  await steady(session, runtimeApi, imageApi);
};

/** 1.23 to 1.25: `v1` is asked for, `v1alpha2` is taken where it is unknown; anything else is fatal. */
const choose = (code: string): ApiVersion | null =>
  code === 'OK' ? 'v1' : code === 'UNIMPLEMENTED' ? 'v1alpha2' : null;

const kubelet =
  (after: (code: string) => ApiVersion | null): ClientRules =>
  async (session) => {
    const runtimeApi = after(await session.runtime('v1', 'Version'));
    if (runtimeApi === null) return;
    const imageApi = after(await session.image('v1', 'ImageFsInfo'));
    if (imageApi === null) return;
    if ((await session.runtime(runtimeApi, 'Version', startUp)) !== 'OK') return;
    await live(session, runtimeApi, imageApi);
  };

const crictl =
  (after: (code: string) => ApiVersion | null): ClientRules =>
  async ({ runtime }) => {
    const api = after(await runtime('v1', 'Version'));
    if (api !== null) await runtime(api, 'ListContainers');
  };

/** The rules of each release line. */
export const clientRules = {
  'kubelet 1.20-1.22': async (session) => {
    if ((await session.runtime('v1alpha2', 'Version', startUp)) === 'OK')
      await live(session, 'v1alpha2', 'v1alpha2');
  },
  'kubelet 1.23-1.25': kubelet(choose),
  'kubelet 1.26': kubelet((code) => (code === 'UNIMPLEMENTED' ? null : 'v1')),
  'kubelet 1.27+': kubelet((code) => (code === 'OK' ? 'v1' : null)),
  'crictl -1.23': async ({ runtime }) => void (await runtime('v1alpha2', 'ListContainers')),
  'crictl 1.24-1.25': crictl(choose),
  'crictl 1.26+': crictl((code) => (code === 'OK' ? 'v1' : null)),
  /** An agent of its own that asks for nothing first. */
  other: async ({ runtime, again }) => {
    await runtime('v1', 'Status');
    await again();
    await runtime('v1', 'Status');
  },
} as const satisfies Readonly<Record<string, ClientRules>>;

export type ClientName = keyof typeof clientRules;
