import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type protobuf from 'protobufjs';
import { loadProto } from '../../../src/cri/proto.ts';

/**
 * Which pod each call of a capture concerns, found apart from the code under test: frames cut out by their lengths,
 * paths taken from the truth file of the recording, whole messages decoded by protobufjs, ids kept in plain maps.
 */
export interface ExpectedPod {
  readonly key: string;
  readonly rpc: string;
  readonly pod: Readonly<{ namespace: string; name: string; uid: string }>;
  /** Null where the messages do not tell it. */
  readonly attempt: number | null;
}

type Plain = { readonly [key: string]: unknown };
type Pod = Readonly<{ namespace: string; name: string; uid: string; attempt: number | null }>;

const isPlain = (value: unknown): value is Plain => typeof value === 'object' && value !== null;

const lines = (path: string): Plain[] =>
  gunzipSync(readFileSync(path))
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Plain => JSON.parse(line));

const rootOf = {
  v1: loadProto('v1'),
  v1alpha2: loadProto('v1alpha2'),
} as const;

const typesOf = (path: string): readonly [protobuf.Type, protobuf.Type] | null => {
  const [, version, service, rpc] = /^\/runtime\.(v1|v1alpha2)\.(\w+)\/(\w+)$/.exec(path) ?? [];
  if (version !== 'v1' && version !== 'v1alpha2') return null;
  const method = rootOf[version].lookupService(`runtime.${version}.${service}`).methods[rpc ?? ''];
  return method?.resolvedRequestType && method.resolvedResponseType
    ? [method.resolvedRequestType, method.resolvedResponseType]
    : null;
};

const podOf = (metadata: unknown): Pod | null =>
  isPlain(metadata) && typeof metadata.uid === 'string' && metadata.uid !== ''
    ? {
        namespace: String(metadata.namespace),
        name: String(metadata.name),
        uid: metadata.uid,
        attempt: Number(metadata.attempt),
      }
    : null;

const labelled = (labels: unknown): Pod | null =>
  isPlain(labels) && typeof labels['io.kubernetes.pod.name'] === 'string'
    ? {
        namespace: String(labels['io.kubernetes.pod.namespace']),
        name: labels['io.kubernetes.pod.name'],
        uid: String(labels['io.kubernetes.pod.uid']),
        attempt: null,
      }
    : null;

interface Stream {
  readonly key: string;
  readonly path: string;
  readonly pending: { request: Buffer; response: Buffer };
  request: Plain | null;
  response: Plain | null;
}

/** Of a recording in `test/fixtures/captures`. */
export const expectedPods = (capture: string): ExpectedPod[] =>
  expectedPodsAt(fileURLToPath(new URL(`../../fixtures/captures/${capture}`, import.meta.url)));

/** `capture` is the path without its ending. */
export const expectedPodsAt = (capture: string): ExpectedPod[] => {
  const file = (suffix: string): string => `${capture}${suffix}.jsonl.gz`;
  const paths = new Map(lines(file('.truth')).map((one) => [`${one.conn}/${one.stream}`, String(one.path)]));
  const sandboxes = new Map<string, Pod>();
  const containers = new Map<string, { pod: Pod | null; sandbox: string | null }>();
  const uids = new Map<string, Pod>();
  const rest = new Map<string, Buffer>();
  const streams = new Map<string, Stream>();
  const expected: ExpectedPod[] = [];

  const byBeginning = <Value>(map: ReadonlyMap<string, Value>, id: unknown): Value | undefined => {
    if (typeof id !== 'string' || id === '') return undefined;
    const exact = map.get(id);
    if (exact !== undefined) return exact;
    const found = [...map].filter(([key]) => key.startsWith(id));
    return found.length === 1 ? found[0]?.[1] : undefined;
  };

  /** Anything with an id and the metadata of a pod is a sandbox; with an id and a sandbox or labels a container. */
  const learn = (value: unknown, around: string | null): void => {
    if (Array.isArray(value)) for (const one of value) learn(one, around);
    if (!isPlain(value) || Array.isArray(value)) return;
    let sandbox = around;
    const pod = podOf(value.metadata);
    const id = typeof value.id === 'string' ? value.id : '';
    if (id !== '' && pod !== null) {
      sandboxes.set(id, pod);
      uids.set(pod.uid, pod);
      sandbox = id;
    } else if (id !== '' && isPlain(value.metadata)) {
      const told = labelled(value.labels);
      const before = containers.get(id);
      const owner = typeof value.pod_sandbox_id === 'string' ? value.pod_sandbox_id : around;
      containers.set(id, { pod: told ?? before?.pod ?? null, sandbox: owner ?? before?.sandbox ?? null });
      if (told !== null && !uids.has(told.uid)) uids.set(told.uid, told);
    }
    const owner = isPlain(value.pod_sandbox_status) ? String(value.pod_sandbox_status.id ?? '') : null;
    const own =
      isPlain(value.attributes) && podOf(value.attributes.metadata) ? String(value.attributes.id) : null;
    const status = isPlain(value.status) && podOf(value.status.metadata) ? String(value.status.id) : null;
    for (const inner of Object.values(value)) learn(inner, owner || own || status || sandbox);
  };

  const learnCall = (stream: Stream): void => {
    const { request, response } = stream;
    const config = isPlain(request?.config) ? request.config : {};
    const asked =
      podOf(config.metadata) ??
      podOf(isPlain(request?.sandbox_config) ? request.sandbox_config.metadata : null);
    if (asked !== null) uids.set(asked.uid, asked);
    if (response === null) return;
    if (/RunPodSandbox$/.test(stream.path) && asked !== null)
      sandboxes.set(String(response.pod_sandbox_id), asked);
    if (/CreateContainer$/.test(stream.path))
      containers.set(String(response.container_id), { pod: asked, sandbox: String(request?.pod_sandbox_id) });
    learn(response, null);
  };

  const podOfContainer = (id: unknown): Pod | undefined => {
    const found = byBeginning(containers, id);
    return byBeginning(sandboxes, found?.sandbox) ?? found?.pod ?? undefined;
  };

  const expectedOf = ({ request, response, path }: Stream): Pod | undefined => {
    const filter = isPlain(request?.filter) ? request.filter : {};
    const config = isPlain(request?.config) ? request.config : {};
    const sandboxConfig = isPlain(request?.sandbox_config) ? request.sandbox_config : {};
    const selector = isPlain(filter.label_selector) ? filter.label_selector : {};
    const status = isPlain(response?.status) ? response.status : {};
    const isOfContainers = /Container(s|Stats)$/.test(path);
    const uid = selector['io.kubernetes.pod.uid'];
    const byUid = typeof uid === 'string' ? uids.get(uid) : undefined;
    return (
      podOf(config.metadata) ??
      podOf(sandboxConfig.metadata) ??
      podOf(status.metadata) ??
      byBeginning(sandboxes, request?.pod_sandbox_id) ??
      podOfContainer(request?.container_id) ??
      byBeginning(sandboxes, filter.pod_sandbox_id) ??
      (isOfContainers ? podOfContainer(filter.id) : byBeginning(sandboxes, filter.id)) ??
      labelled(status.labels) ??
      (byUid === undefined ? undefined : { ...byUid, attempt: null })
    );
  };

  const frame = (connection: unknown, direction: 'request' | 'response', bytes: Buffer): void => {
    const type = bytes[3] ?? 0;
    const flags = bytes[4] ?? 0;
    const key = `${connection}/${bytes.readUInt32BE(5) & 0x7fffffff}`;
    const path = paths.get(key);
    if (path === undefined) return;
    const stream = streams.get(key) ?? {
      key,
      path,
      pending: { request: Buffer.alloc(0), response: Buffer.alloc(0) },
      request: null,
      response: null,
    };
    streams.set(key, stream);
    const types = typesOf(path);
    if (type === 0 && types !== null) {
      let pending = Buffer.concat([stream.pending[direction], bytes.subarray(9)]);
      while (pending.length >= 5 && pending.length >= 5 + pending.readUInt32BE(1)) {
        const end = 5 + pending.readUInt32BE(1);
        const type = types[direction === 'request' ? 0 : 1];
        stream[direction] = type.toObject(type.decode(pending.subarray(5, end)), {
          defaults: true,
          enums: String,
        });
        learnCall(stream);
        pending = pending.subarray(end);
      }
      stream.pending[direction] = pending;
    }
    const isEnd =
      direction === 'response' && (type === 3 || ((type === 0 || type === 1) && (flags & 1) === 1));
    if (!isEnd) return;
    streams.delete(key);
    paths.delete(key);
    const pod = expectedOf(stream);
    if (pod === undefined) return;
    const { namespace, name, uid, attempt } = pod;
    expected.push({
      key,
      rpc: path.slice(path.lastIndexOf('/') + 1),
      pod: { namespace, name, uid },
      attempt,
    });
  };

  for (const event of lines(file(''))) {
    const { e, d, c, b } = event;
    if (e !== 'data' || (d !== 'request' && d !== 'response') || typeof b !== 'string') continue;
    const key = `${c}/${d}`;
    const isFirst = !rest.has(key) && d === 'request';
    let bytes = Buffer.concat([rest.get(key) ?? Buffer.alloc(0), Buffer.from(b, 'base64')]);
    // The client's preface (RFC 9113, 3.4), which the recordings hold in one piece.
    if (isFirst) bytes = bytes.subarray(24);
    while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
      const end = 9 + bytes.readUIntBE(0, 3);
      frame(c, d, bytes.subarray(0, end));
      bytes = bytes.subarray(end);
    }
    rest.set(key, bytes);
  }
  return expected;
};
