import { findMethod } from '../cri/methods.ts';
import type { Call } from './call.ts';

export type MethodName = Pick<Call, 'method' | 'rpc' | 'service' | 'apiVersion' | 'streaming'>;

export const unknownMethod: MethodName = {
  method: null,
  rpc: null,
  service: null,
  apiVersion: null,
  streaming: false,
};

/** Its short name; of an unknown method the few that are left, as `StartContainer|RemoveContainer`. Null: many are left. */
export const rpcText = ({ rpc, methodCandidates }: Pick<Call, 'rpc' | 'methodCandidates'>): string | null =>
  rpc ?? (methodCandidates.length === 0 ? null : methodCandidates.join('|'));

const criPath = /^runtime\.(v1|v1alpha2)\.(RuntimeService|ImageService)\/(\w+)$/;

/** Takes a gRPC `:path` apart (`/package.Service/Method`); service and API version are those of the CRI or null. */
export const methodName = (path: string): MethodName => {
  const found = findMethod(path);
  if (found !== null) {
    const { name, rpc, service, apiVersion } = found;
    return { method: name, rpc, service, apiVersion, streaming: found.method.streaming };
  }
  const method = path.startsWith('/') ? path.slice(1) : path;
  const [, version, service] = criPath.exec(method) ?? [];
  return {
    method,
    rpc: method.slice(method.lastIndexOf('/') + 1),
    service: service === 'RuntimeService' || service === 'ImageService' ? service : null,
    apiVersion: version === 'v1' || version === 'v1alpha2' ? version : null,
    streaming: false,
  };
};
