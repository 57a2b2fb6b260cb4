import type { DoctorReport, EndpointReport } from './report.ts';

export interface Known
  extends Pick<DoctorReport, 'chosen' | 'sources' | 'programs' | 'connected' | 'kubelet'> {
  readonly endpoints: readonly Pick<EndpointReport, 'path' | 'connect'>[];
}

const partNames: Readonly<Record<string, string>> = {
  process: 'the processes that a call starts: shims, runc, CNI plugins',
  disk: 'fsync and block I/O',
  cgroup: 'cgroups made, frozen and removed',
  oom: 'OOM kills',
  signal: 'fatal signals and their senders',
  tcp: 'connections to registries',
  scheduling: 'waiting for a CPU, on request',
  syncs: 'syncs on every file system, on request',
  writes: 'when a request and a reply were written, and so the wait in the socket',
  connects: 'connects that fail, while the runtime is away',
};

/** A part of the kernel's story works when a program that serves it is attached. */
const parts = ({ programs }: Known, attached: boolean): string[] =>
  Object.entries(partNames).flatMap(([part, name]) => {
    const serving = programs.filter((program) => program.part === part);
    if (serving.length === 0) return [];
    const works = serving.some(({ state }) => state === 'attached');
    return works === attached ? [name] : [];
  });

const listed = (paths: readonly string[]): string => paths.join(', ');

/** What critrace will see on this machine with the source that it would take, and what it will not. */
export const outlook = (known: Known): Pick<DoctorReport, 'sees' | 'seesNot'> => {
  const { chosen, sources, connected, endpoints, kubelet } = known;
  const works = sources.find(({ source }) => source === chosen)?.works === true;
  const reached = endpoints.filter(({ connect }) => connect === 'connected').map(({ path }) => path);
  if (!works || reached.length === 0)
    return {
      sees: [],
      seesNot: [
        reached.length === 0
          ? 'any call: no runtime answers'
          : `any call, as the ${chosen} does not work here: ${sources.find(({ source }) => source === chosen)?.why ?? ''}`,
      ],
    };
  const common = ['what passes on the connections that exec, attach and port-forward open elsewhere'];
  if (chosen === 'proxy')
    return {
      sees: ['every call of callers that are pointed at the proxy, from the first byte'],
      seesNot: [
        ...common,
        'callers that use the runtime’s own socket',
        'the wait in the socket, and what the kernel does for a call',
      ],
    };
  const traced = kubelet?.tracing.on === true;
  const older = connected?.length ?? 0;
  const sees = [
    `every call on ${listed(reached)}, with nobody restarted; of connections that begin from now on everything`,
    ...parts(known, true).map((name) => `${name}`),
  ];
  const seesNot = [...common];
  if (older > 0)
    seesNot.push(
      traced
        ? `the method of calls of the ${older} older connections, at first: with the kubelet’s tracing on its connections become known within seconds`
        : `the method of some calls of the ${older} older connections: what cannot be inferred stays unknown until their client is restarted`,
    );
  const { programs } = known;
  if (programs.some(({ name, state }) => name === 'sync_vfs' && state === 'refused'))
    seesNot.push('fsync on other file systems than ext4, and syncfs, unless kernel-events has syncs');
  seesNot.push(...parts(known, false));
  return { sees, seesNot };
};
