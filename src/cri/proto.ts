import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

export type ApiVersion = 'v1' | 'v1alpha2';

/** The same two folders up from `src/cri` and from `dist/cri`. */
const protoFolder = new URL('../../proto/', import.meta.url);

/** The folder to give to `protoc -I`. */
export const protoPath = (): string => fileURLToPath(protoFolder);

/**
 * Reads `proto/runtime/<version>/*.proto`. Names stay as written there (`pod_sandbox_id`). Imports are not
 * followed: the folder is read whole, and references are resolved at the end.
 */
export const loadProto = (version: ApiVersion): protobuf.Root => {
  const folder = new URL(`runtime/${version}/`, protoFolder);
  const root = new protobuf.Root();
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.proto')) continue;
    protobuf.parse(readFileSync(new URL(file, folder), 'utf8'), root, { keepCase: true });
  }
  root.resolveAll();
  return root;
};
