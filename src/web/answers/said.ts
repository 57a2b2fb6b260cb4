import type { Attributes, AttributeValue } from '../../spans/span.ts';

/** Attributes as the page takes them: a text that is not there is empty, a number that is not there 0. */
export const textOf = (attributes: Attributes, name: string): string => {
  const value = attributes[name];
  return typeof value === 'string' ? value : '';
};

export const numberOf = (attributes: Attributes, name: string): number => {
  const value = attributes[name];
  return typeof value === 'number' ? value : 0;
};

export const listOf = (attributes: Attributes, name: string): readonly string[] => {
  const value: AttributeValue | undefined = attributes[name];
  return typeof value === 'object' ? value : [];
};

export const podOf = (attributes: Attributes): string => {
  const name = textOf(attributes, 'k8s.pod.name') || textOf(attributes, 'k8s.pod.uid');
  return name === '' ? '' : `${textOf(attributes, 'k8s.namespace.name') || '?'}/${name}`;
};

export const callerOf = (resource: Attributes): string =>
  textOf(resource, 'process.executable.name') || textOf(resource, 'service.name') || 'unknown';
