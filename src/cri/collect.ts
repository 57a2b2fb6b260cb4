import protobuf from 'protobufjs';
import { digestOfWords } from '../foundation/command-digest.ts';
import type { CallFacts, PodIdentity } from './facts.ts';
import type { KeptValue } from './kept.ts';
import type { CriMethod, FactName, ValueSource } from './methods.ts';
import {
  type CallMessages,
  compilePath,
  compilePaths,
  isKept,
  type KeptPath,
  listOf,
  type ReadMessage,
  valueAt,
} from './path.ts';

type Shown = string | number | boolean;

/** Computes one value; undefined where the messages do not say. */
type ReadValue = (messages: CallMessages) => Shown | undefined;

interface Count {
  readonly name: string;
  readonly path: KeptPath;
  readonly is: string;
}

/** A method's row, compiled against the schema. */
export interface FactsRecipe {
  readonly facts: Readonly<Partial<Record<FactName, readonly KeptPath[]>>>;
  readonly values: readonly { readonly name: string; readonly read: ReadValue }[];
  /** Kept up message by message: a stream may outlive any list of them. */
  readonly counts: readonly Count[];
}

const shown = (value: KeptValue | undefined): Shown | undefined =>
  typeof value === 'object' || value === '' ? undefined : value;

const compileValue = (
  source: Exclude<ValueSource, { readonly count: string }>,
  path: (path: string) => KeptPath,
): ReadValue => {
  if (typeof source === 'string') {
    const at = path(source);
    return (messages) => shown(valueAt(at, messages));
  }
  if ('size' in source) {
    const at = path(source.size);
    return (messages) =>
      messages[at.side]?.isWhole === true ? listOf(valueAt(at, messages)).length : undefined;
  }
  if ('present' in source) {
    const at = path(source.present);
    return (messages) =>
      messages[at.side]?.isWhole === true ? valueAt(at, messages) !== undefined : undefined;
  }
  if ('sum' in source) {
    const at = path(source.sum);
    const steps = source.of.split('.');
    return (messages) => {
      const list = listOf(valueAt(at, messages));
      let sum = 0;
      for (const element of list) {
        let value: KeptValue | undefined = element;
        for (const step of steps) value = isKept(value) ? value[step] : undefined;
        sum += typeof value === 'number' ? value : 0;
      }
      return list.length === 0 ? undefined : sum;
    };
  }
  if ('find' in source) {
    const at = path(source.find);
    const { where, is, take } = source;
    return (messages) => {
      const found = listOf(valueAt(at, messages)).find((element) => isKept(element) && element[where] === is);
      // Of a condition only `false` has no bytes.
      return isKept(found) ? (shown(found[take]) ?? false) : undefined;
    };
  }
  const at = path(source.of);
  const when = path(source.when);
  const { is } = source;
  return (messages) => (valueAt(when, messages) === is ? shown(valueAt(at, messages)) : undefined);
};

/** Throws when a path leads nowhere: a fault of the table, found when the schema is loaded. */
export const compileFacts = (
  method: CriMethod,
  request: protobuf.Type,
  response: protobuf.Type,
): FactsRecipe => {
  const path = (text: string): KeptPath => compilePath(text, request, response);
  const values: { name: string; read: ReadValue }[] = [];
  const counts: Count[] = [];
  for (const [name, source] of Object.entries(method.values)) {
    if (typeof source === 'object' && 'count' in source) {
      counts.push({ name, path: path(source.count), is: source.is });
    } else values.push({ name, read: compileValue(source, path) });
  }
  const facts = Object.fromEntries(
    Object.entries(method.facts).map(([name, paths]) => [name, compilePaths(paths, request, response)]),
  );
  return { facts, values, counts };
};

const firstText = (paths: readonly KeptPath[] | undefined, messages: CallMessages): string | null => {
  if (paths === undefined) return null;
  for (const path of paths) {
    const value = valueAt(path, messages);
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
};

const firstNumber = (paths: readonly KeptPath[] | undefined, messages: CallMessages): number | null => {
  if (paths === undefined) return null;
  for (const path of paths) {
    const value = valueAt(path, messages);
    if (typeof value === 'number') return value;
  }
  return null;
};

const digestOf = (paths: readonly KeptPath[] | undefined, messages: CallMessages): string | null => {
  const [path] = paths ?? [];
  if (path === undefined || messages[path.side]?.isWhole !== true) return null;
  const words = listOf(valueAt(path, messages)).flatMap((word) => (typeof word === 'string' ? [word] : []));
  return words.length === 0 ? null : digestOfWords(words);
};

const text = (value: KeptValue | undefined): string | null =>
  typeof value === 'string' && value !== '' ? value : null;

const podOf = (paths: readonly KeptPath[] | undefined, messages: CallMessages): PodIdentity | null => {
  if (paths === undefined) return null;
  for (const path of paths) {
    const value = valueAt(path, messages);
    if (!isKept(value)) continue;
    const isLabels = path.leaf instanceof protobuf.MapField;
    const prefix = isLabels ? 'io.kubernetes.pod.' : '';
    const name = text(value[`${prefix}name`]);
    const namespace = text(value[`${prefix}namespace`]);
    const uid = text(value[`${prefix}uid`]);
    const attempt = isLabels ? null : (value.attempt ?? (messages[path.side]?.isWhole === true ? 0 : null));
    if (name !== null || namespace !== null || uid !== null) {
      return { namespace, name, uid, attempt: typeof attempt === 'number' ? attempt : null };
    }
  }
  return null;
};

/** What one response message of a stream adds to the counts. */
export const countMessage = (
  recipe: FactsRecipe,
  message: ReadMessage,
  counts: Map<string, number>,
): void => {
  for (const { name, path, is } of recipe.counts) {
    const adds = valueAt(path, { request: null, response: message }) === is ? 1 : 0;
    counts.set(name, (counts.get(name) ?? 0) + adds);
  }
};

/** What a call's own messages say about whom it concerns. */
export const collectFacts = (
  recipe: FactsRecipe,
  messages: CallMessages,
  items: number | null,
  counts: ReadonlyMap<string, number>,
): CallFacts => {
  const { facts } = recipe;
  const values: Record<string, Shown> = {};
  for (const { name, read } of recipe.values) {
    const value = read(messages);
    if (value !== undefined) values[name] = value;
  }
  for (const [name, count] of counts) values[name] = count;
  return {
    pod: podOf(facts.pod, messages),
    sandboxId: firstText(facts.sandboxId, messages),
    containerId: firstText(facts.containerId, messages),
    containerName: firstText(facts.containerName, messages),
    containerAttempt: firstNumber(facts.containerAttempt, messages),
    image: firstText(facts.image, messages),
    imageRef: firstText(facts.imageRef, messages),
    imageId: firstText(facts.imageId, messages),
    runtimeHandler: firstText(facts.runtimeHandler, messages),
    commandDigest: digestOf(facts.command, messages),
    items,
    values,
  };
};
