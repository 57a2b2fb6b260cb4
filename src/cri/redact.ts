import protobuf from 'protobufjs';
import { identityLabels } from './shapes.ts';
import { redacted, shownText, textRule } from './text.ts';

/** Messages whose every value is secret, numbers too: credentials, environment, security posture, users. */
const secretMessages: ReadonlySet<string> = new Set([
  'AuthConfig',
  'KeyValue',
  'LinuxSandboxSecurityContext',
  'LinuxContainerSecurityContext',
  'WindowsSandboxSecurityContext',
  'WindowsContainerSecurityContext',
  'ContainerUser',
  'LinuxContainerUser',
]);

const secretFields: ReadonlySet<string> = new Set(['Image.uid']);

/** Keys of labels and annotations that Kubernetes writes; of other maps and for other keys the key is redacted too. */
const knownKeys: ReadonlySet<string> = new Set([
  ...identityLabels,
  'io.kubernetes.container.hash',
  'io.kubernetes.container.ports',
  'io.kubernetes.container.preStopHandler',
  'io.kubernetes.container.restartCount',
  'io.kubernetes.container.terminationMessagePath',
  'io.kubernetes.container.terminationMessagePolicy',
  'io.kubernetes.pod.terminationGracePeriod',
  'kubectl.kubernetes.io/last-applied-configuration',
  'kubernetes.io/config.hash',
  'kubernetes.io/config.seen',
  'kubernetes.io/config.source',
]);

const shownKeys: ReadonlySet<string> = new Set(identityLabels);

/** All that is in a message of this type is secret, whatever its fields are. */
export const isSecretMessage = (type: protobuf.Type): boolean => secretMessages.has(type.name);

export const isSecretField = (type: protobuf.Type, field: protobuf.Field): boolean =>
  field.options?.debug_redact === true || secretFields.has(`${type.name}.${field.name}`);

const isLabels = (field: protobuf.Field): boolean =>
  field.name === 'labels' || field.name === 'label_selector';

/** A map's entry whose key and value say which pod or container is meant, and nothing else. */
export const isIdentityLabel = (field: protobuf.Field, key: string): boolean =>
  isLabels(field) && shownKeys.has(key);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const longText = (value: unknown): string => {
  if (!isObject(value)) return String(value);
  const { low, high, unsigned } = value;
  if (typeof low !== 'number' || typeof high !== 'number') return String(value);
  const top = BigInt(unsigned === true ? high >>> 0 : high);
  return String((top << 32n) | BigInt(low >>> 0));
};

const scalar = (field: protobuf.Field, value: unknown): unknown => {
  if (field.resolvedType instanceof protobuf.Enum) {
    return typeof value === 'number' ? (field.resolvedType.valuesById[value] ?? value) : redacted;
  }
  if (field.type === 'string') {
    return typeof value === 'string' ? shownText(value, textRule(field)) : redacted;
  }
  if (field.type === 'bytes') return redacted;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return longText(value);
};

/** Size and known keys stay. Labels show the kubelet's own; every other value is redacted. */
const map = (field: protobuf.Field, value: unknown, isSecret: boolean): Record<string, string> => {
  const out: Record<string, string> = {};
  if (!isObject(value)) return out;
  const hasKnownKeys = (!isSecret && isLabels(field)) || field.name === 'annotations';
  let hidden = 0;
  for (const [key, element] of Object.entries(value)) {
    if (hasKnownKeys && knownKeys.has(key)) {
      out[key] = !isSecret && isIdentityLabel(field, key) && typeof element === 'string' ? element : redacted;
    } else {
      hidden += 1;
      out[`[redacted ${hidden}]`] = redacted;
    }
  }
  return out;
};

const single = (field: protobuf.Field, value: unknown, isSecret: boolean): unknown => {
  if (field.resolvedType instanceof protobuf.Type) return redactMessage(field.resolvedType, value, isSecret);
  return isSecret ? redacted : scalar(field, value);
};

/**
 * A decoded message as plain JSON: names and shapes as they are, enums by name, 64-bit integers as text. A string
 * is shown only where `textRule` lists its field; numbers, booleans and enums are, unless they tell of credentials
 * or security posture.
 */
export const redactMessage = (type: protobuf.Type, message: unknown, isSecret = false): unknown => {
  const out: Record<string, unknown> = {};
  if (!isObject(message)) return out;
  const isSecretType = isSecret || isSecretMessage(type);
  for (const field of type.fieldsArray) {
    if (!Object.hasOwn(message, field.name)) continue;
    const value = message[field.name];
    const hides = isSecretType || isSecretField(type, field);
    if (field instanceof protobuf.MapField) {
      const entries = map(field, value, hides);
      if (Object.keys(entries).length > 0) out[field.name] = entries;
    } else if (Array.isArray(value)) {
      if (value.length > 0) out[field.name] = value.map((one) => single(field, one, hides));
    } else out[field.name] = single(field, value, hides);
  }
  return out;
};
