import type { Call } from '../calls/call.ts';
import { type Nanos, nanosPerMillisecond, nanosPerSecond } from '../foundation/time.ts';
import type { Colour } from './colour.ts';
import { terminalText } from './terminal-text.ts';

/** Three significant figures: `812us`, `4.21ms`, `93.4ms`, `12.3s`, `4m10s`. */
export const durationText = (duration: Nanos): string => {
  if (duration < 0n) return `-${durationText(-duration)}`;
  if (duration < nanosPerMillisecond) return `${Math.round(Number(duration) / 1e3)}us`;
  const seconds = Number(duration) / 1e9;
  if (duration >= 100n * nanosPerSecond) {
    const whole = Math.round(seconds);
    return `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, '0')}s`;
  }
  const [value, unit] = duration < nanosPerSecond ? [seconds * 1e3, 'ms'] : [seconds, 's'];
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)}${unit}`;
};

export const methodText = (call: Call): string => {
  if (call.rpc === null) return terminalText(call.methodCandidates.join('|') || '(method unknown)');
  const name = call.service === null && call.method !== null ? call.method : call.rpc;
  const mark = call.methodSource === 'inferred' ? '?' : '';
  return terminalText(`${name}${mark}`);
};

const shortId = (id: string): string => terminalText(id.replace(/^sha256:/, '').slice(0, 13));

/** `namespace/pod`, null when the call names none. */
export const podText = (call: Call): string | null => {
  const pod = call.facts.pod;
  if (pod === null || (pod.name === null && pod.uid === null)) return null;
  return terminalText(`${pod.namespace ?? '?'}/${pod.name ?? pod.uid ?? '?'}`);
};

const itemsText = (call: Call): string => {
  const { items } = call.facts;
  return items === null ? '' : `${items} ${items === 1 ? 'item' : 'items'}`;
};

/** What the call is about beside its pod: container, image, or what it listed. */
export const subjectText = (call: Call): string => {
  const { facts } = call;
  const image = facts.image === null ? '' : terminalText(facts.image);
  if (facts.containerName !== null) return terminalText(facts.containerName);
  if (facts.containerId !== null) return shortId(facts.containerId);
  if (image !== '') return image;
  if (facts.imageRef !== null) return terminalText(facts.imageRef);
  if (facts.pod === null && facts.sandboxId !== null) return shortId(facts.sandboxId);
  return itemsText(call);
};

export interface StatusText {
  readonly text: string;
  readonly colour: Colour;
}

export const statusText = (call: Call): StatusText => {
  const { status, outcome, reset } = call.result;
  if (status === 'OK') return { text: 'OK', colour: 'green' };
  if (status !== null) return { text: terminalText(status), colour: 'red' };
  if (outcome === 'reset')
    return { text: `reset by ${reset?.by ?? '?'} (${reset?.code ?? '?'})`, colour: 'yellow' };
  if (outcome === 'connection_lost') return { text: 'connection lost', colour: 'red' };
  if (outcome === 'in_flight') return { text: 'in flight', colour: 'yellow' };
  return { text: 'no status', colour: 'yellow' };
};

export const messageText = (call: Call): string => terminalText(call.result.statusMessage ?? '');

/** What a reader must know to judge the line: bytes missed, start not seen. */
export const caveatText = (call: Call): string => {
  const said: string[] = [];
  if (call.start === null) said.push('start not seen');
  if (call.result.lostBytes === null) said.push('bytes lost');
  else if (call.result.lostBytes > 0) said.push(`${call.result.lostBytes} bytes lost`);
  return said.join(', ');
};
