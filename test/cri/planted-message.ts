import protobuf from 'protobufjs';
import type { Plain } from './arbitrary-message.ts';

/** Strings that may be shown, said here once more and apart from the code: all others must hold no secret. */
const allowed = new Set(
  `*.id *.pod_sandbox_id *.container_id *.container_ids *.runtime_handler
  PodSandboxMetadata.name PodSandboxMetadata.uid PodSandboxMetadata.namespace ContainerMetadata.name
  RestoredContainer.name RuntimeHandler.name RuntimeCondition.type VersionRequest.version VersionResponse.version
  VersionResponse.runtime_name VersionResponse.runtime_version VersionResponse.runtime_api_version`.split(
    /\s+/,
  ),
);

/** Image references: shown without what does not belong to them. */
const references = new Set(
  'ImageSpec.image ImageSpec.user_specified_image *.image_ref *.image_id Image.repo_tags Image.repo_digests'.split(
    ' ',
  ),
);

const isIn = (set: ReadonlySet<string>, field: protobuf.Field): boolean =>
  set.has(`${field.parent?.name}.${field.name}`) || set.has(`*.${field.name}`);

/**
 * Every field of a type filled, to a depth: a secret in each string, bytes and map outside the allow-list, and in the
 * userinfo and query of image references.
 */
export const plantedMessage = (type: protobuf.Type, depth: number, secret: () => string): Plain => {
  const value = (field: protobuf.Field): unknown => {
    if (field.resolvedType instanceof protobuf.Type)
      return plantedMessage(field.resolvedType, depth - 1, secret);
    if (field.resolvedType instanceof protobuf.Enum) return 1;
    if (field.type === 'bytes') return Buffer.from(secret());
    if (field.type !== 'string') return field.type === 'bool' ? true : 7;
    if (isIn(allowed, field)) return 'allowed';
    return isIn(references, field) ? `user:${secret()}@registry.io/name:1?token=${secret()}` : secret();
  };
  const map = (): Plain => ({
    'io.kubernetes.pod.name': 'allowed',
    [`io.kubernetes.${secret()}`]: secret(),
    [secret()]: secret(),
  });
  /** Annotations hold secrets under known keys too. */
  const annotations = (): Plain => ({
    ...map(),
    'io.kubernetes.pod.name': secret(),
    'io.kubernetes.container.preStopHandler': secret(),
  });

  const out: Plain = {};
  for (const field of type.fieldsArray) {
    if (field instanceof protobuf.MapField) {
      const isLabels = field.name === 'labels' || field.name === 'label_selector';
      out[field.name] = isLabels ? map() : annotations();
    } else if (depth > 0 || !(field.resolvedType instanceof protobuf.Type)) {
      out[field.name] = field.repeated ? [value(field), value(field)] : value(field);
    }
  }
  return out;
};
