import type { Call } from '../calls/call.ts';
import { nanosPerMillisecond } from '../foundation/time.ts';
import type { ResourceAttributeName } from './attributes.ts';
import type { HostFacts } from './host.ts';
import { uuidOf } from './ids.ts';
import type { SpanCounters, SpanLimits } from './limits.ts';
import type { Attributes, AttributeValue } from './span.ts';

/** The resources of the processes that critrace watches, one shared object per process. */
export interface ResourceBook {
  callerOf(of: Pick<Call, 'caller'>): Attributes;
  /** Also learns the runtime's name and version where the call is an answered `Version`. */
  runtimeOf(call: Call): Attributes;
  /** Of what no process did. */
  kernel(): Attributes;
}

interface Runtime {
  readonly name: string;
  readonly version: string | null;
}

/** Of the table only, so that none goes undocumented. */
type Known = Readonly<Partial<Record<ResourceAttributeName, AttributeValue>>>;

/** `kubelet-1.37.2` is what the file of a kubelet is called in some installations. */
const callerService = (comm: string | null): string =>
  comm === null || comm === '' ? 'unknown_cri_client' : comm.startsWith('kubelet') ? 'kubelet' : comm;

const runtimeService = (comm: string | null): string =>
  comm === null || comm === '' ? 'container-runtime' : comm === 'crio' ? 'cri-o' : comm;

/** A peer chose the name: a service name is a word, or it is not taken. */
const runtimeName = (value: unknown): string | null =>
  typeof value === 'string' && /^[A-Za-z0-9][\w.+-]{0,62}$/.test(value) ? value.toLowerCase() : null;

const learnt = (call: Call): Runtime | null => {
  const name = runtimeName(call.facts.values['runtime.name']);
  const version = call.facts.values['runtime.version'];
  return name === null ? null : { name, version: typeof version === 'string' && version ? version : null };
};

const creationTime = (start: bigint): string => new Date(Number(start / nanosPerMillisecond)).toISOString();

const processAttributes = (pid: number | null, start: bigint | null, comm: string | null): Known => ({
  ...(pid === null ? {} : { 'process.pid': pid }),
  ...(comm === null ? {} : { 'process.executable.name': comm }),
  ...(start === null ? {} : { 'process.creation.time': creationTime(start) }),
});

type Server = Pick<Call, 'server' | 'endpoint'>;

const isSameServer = (one: Server, other: Server): boolean =>
  one.server.pid === other.server.pid &&
  one.server.pidStart === other.server.pidStart &&
  one.server.comm === other.server.comm &&
  (one.server.pid !== null || one.endpoint === other.endpoint);

/** `hostOf` gives the same object for as long as nothing of it changes; `hostId` never does. */
export const createResourceBook = (
  hostOf: () => HostFacts,
  distroVersion: string,
  limits: SpanLimits,
  counters: SpanCounters,
): ResourceBook => {
  const sharedOf = (of: HostFacts): Attributes => {
    const known: Known = {
      'host.id': of.hostId,
      ...(of.hostName === null ? {} : { 'host.name': of.hostName }),
      ...(of.nodeName === null ? {} : { 'k8s.node.name': of.nodeName }),
      'telemetry.distro.name': 'critrace',
      'telemetry.distro.version': distroVersion,
    };
    return { ...of.extra, ...known };
  };
  let host = hostOf();
  let shared = sharedOf(host);
  // Maps keep insertion order: what is used is inserted anew, so the first key is the one not used for longest.
  const kept = new Map<string, Attributes>();
  const runtimes = new Map<string, Runtime>();

  const bounded = <Value>(map: Map<string, Value>, key: string, value: Value): void => {
    map.delete(key);
    map.set(key, value);
    if (map.size <= limits.processes) return;
    const oldest = map.keys().next();
    if (!oldest.done) map.delete(oldest.value);
    counters.resourcesEvicted++;
  };

  const keep = (key: string, make: () => Attributes): Attributes => {
    const found = kept.get(key) ?? make();
    bounded(kept, key, found);
    return found;
  };

  const resourceOf = (service: string, instance: string, of: Known): Attributes => {
    const named: Known = { 'service.name': service, 'service.instance.id': instance };
    return { ...shared, ...named, ...of };
  };

  // A caller makes many calls in a row: the last one of each is found without a key.
  let lastCaller: { readonly of: Call['caller']; readonly resource: Attributes } | null = null;
  let lastServer: { readonly of: Server; readonly resource: Attributes } | null = null;

  let ofKernel: Attributes | null = null;

  /** Resources are made anew where the node's own have changed. */
  const upToDate = (): void => {
    const now = hostOf();
    if (now === host) return;
    host = now;
    shared = sharedOf(now);
    kept.clear();
    lastCaller = null;
    lastServer = null;
    ofKernel = null;
  };

  return {
    kernel() {
      upToDate();
      ofKernel ??= resourceOf('kernel', uuidOf(host.hostId, 'kernel'), {});
      return ofKernel;
    },
    callerOf(call) {
      upToDate();
      const { pid, pidStart, uid, comm } = call.caller;
      const last = lastCaller?.of;
      if (lastCaller !== null && last?.pid === pid && last.pidStart === pidStart && last.comm === comm)
        return lastCaller.resource;
      // Without a pid, callers with the same name cannot be told apart: they share a resource.
      const resource = keep(`client\n${pid}\n${pidStart}\n${comm}`, () =>
        resourceOf(callerService(comm), uuidOf(host.hostId, 'client', pid, pidStart, comm), {
          ...processAttributes(pid, pidStart, comm),
          ...(uid === null ? {} : { 'process.user.id': uid }),
        }),
      );
      lastCaller = { of: call.caller, resource };
      return resource;
    },
    runtimeOf(call) {
      upToDate();
      const { pid, pidStart, comm } = call.server;
      const told = learnt(call);
      if (told === null && lastServer !== null && isSameServer(lastServer.of, call))
        return lastServer.resource;
      const server = pid === null ? call.endpoint : `${pid}\n${pidStart}`;
      const before = runtimes.get(server);
      if (told !== null && (before?.name !== told.name || before.version !== told.version)) {
        bounded(runtimes, server, told);
      }
      const runtime = told ?? before ?? null;
      const service = runtime?.name ?? runtimeService(comm);
      const resource = keep(`server\n${server}\n${service}\n${runtime?.version}`, () =>
        resourceOf(service, uuidOf(host.hostId, 'server', server), {
          ...processAttributes(pid, pidStart, comm),
          ...(runtime === null ? {} : { 'container.runtime.name': runtime.name }),
          ...(runtime?.version == null
            ? {}
            : { 'container.runtime.version': runtime.version, 'service.version': runtime.version }),
        }),
      );
      lastServer = { of: { server: call.server, endpoint: call.endpoint }, resource };
      return resource;
    },
  };
};
