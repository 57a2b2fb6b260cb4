import type { AttributeValue, Span } from '../spans/span.ts';
import { terminalText } from './terminal-text.ts';

/** A text attribute, harmless to a terminal; empty where there is none. */
export const attributeText = (span: Span, name: string): string => {
  const value: AttributeValue | undefined = span.attributes[name];
  return value === undefined ? '' : terminalText(typeof value === 'object' ? value.join(', ') : `${value}`);
};

/** `RunPodSandbox` of `runtime.v1.RuntimeService/RunPodSandbox`; other names as they are. */
export const spanNameText = (span: Span): string => {
  const rpc = attributeText(span, 'cri.rpc');
  if (span.kind === 'internal') return terminalText(span.name);
  if (span.kind === 'server') return `in ${serviceText(span)}`;
  const mark = span.attributes['cri.method.source'] === 'inferred' ? '?' : '';
  return `${rpc || attributeText(span, 'cri.method.candidates').replaceAll(', ', '|') || terminalText(span.name.slice(span.name.lastIndexOf('/') + 1))}${mark}`;
};

/** What the span is about beside its pod. */
export const spanSubjectText = (span: Span): string =>
  attributeText(span, 'k8s.container.name') || attributeText(span, 'container.image.name');

/** Status, outcome or verdict, with the message where it is not well. */
export const spanResultText = (span: Span): string => {
  const outcome = attributeText(span, 'cri.outcome');
  const result =
    attributeText(span, 'rpc.status_code') ||
    attributeText(span, 'cri.operation.outcome') ||
    attributeText(span, 'cri.negotiation.verdict') ||
    attributeText(span, 'error.type') ||
    (outcome === 'finished' ? '' : outcome.replaceAll('_', ' '));
  const message = span.status.message === null ? '' : terminalText(span.status.message);
  if (message === '') return result;
  return result === '' ? message : `${result}: ${message}`;
};

export const serviceText = (span: Span): string => {
  const service = span.resource['service.name'];
  return typeof service === 'string' ? terminalText(service) : '?';
};

/** What the kernel saw of the time of a call, in parts of a hundred; empty where it was not asked. */
export const breakdownText = (span: Span): string => attributeText(span, 'cri.kernel.breakdown');

/** The sentence for a person that what was found brings with it. */
export const explanationText = (span: Span): string => {
  const name = Object.keys(span.attributes).find((candidate) => candidate.endsWith('.explanation'));
  return name === undefined ? '' : attributeText(span, name);
};
