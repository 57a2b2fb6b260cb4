import { useEffect, useRef, useState } from 'preact/hooks';
import type { CallJson } from '../../api.ts';
import { shortMethod } from '../format.ts';
import { type Route, stay } from '../route.ts';

const fields = [
  { name: 'method', label: 'Method', placeholder: 'RunPodSandbox, List*', width: 24 },
  { name: 'pod', label: 'Pod', placeholder: 'namespace/name*', width: 18 },
  { name: 'status', label: 'Status', placeholder: 'NOT_FOUND, !OK', width: 19 },
  { name: 'min', label: 'At least', placeholder: 'ms', width: 6 },
] as const;

/** What the filter's fields ask, as the server takes it. */
export const filterQuery = (query: URLSearchParams): URLSearchParams => {
  const asked = new URLSearchParams();
  for (const { name } of fields) {
    const value = query.get(name)?.trim() ?? '';
    if (value === '' || value === '!') continue;
    asked.append(name, name === 'status' ? value.toUpperCase() : value);
  }
  return asked;
};

const glob = (pattern: string, text: string): boolean =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
    'i',
  ).test(text);

const podPasses = (pattern: string, pod: string): boolean => {
  const [first = '', second] = pattern.split('/');
  const [namespace = '', name = ''] = pod.split('/');
  if (pod === '') return false;
  if (second === undefined) return glob(`*${first}*`, name);
  return (first === '' || glob(first, namespace)) && glob(second === '' ? '*' : second, name);
};

const holds = (name: string, value: string, call: CallJson): boolean => {
  switch (name) {
    case 'method':
      return glob(value, call.method) || glob(value, shortMethod(call.method));
    case 'pod':
      return podPasses(value, call.pod);
    case 'status':
      return call.status === value;
    default:
      return call.ms >= Number(value);
  }
};

/** The same for calls that come while one looks. */
export const passes = (asked: URLSearchParams, call: CallJson): boolean =>
  [...asked].every(([name, value]) =>
    value.startsWith('!') ? !holds(name, value.slice(1), call) : holds(name, value, call),
  );

const Field = ({ route, field }: { route: Route; field: (typeof fields)[number] }) => {
  const given = route.query.get(field.name) ?? '';
  const [text, setText] = useState(given);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // What is being typed comes back by the address a little later, when more has been typed.
    if (document.activeElement !== input.current) setText(given);
  }, [given]);
  return (
    <label class="field">
      <span>{field.label}</span>
      <input
        ref={input}
        type="search"
        name={field.name}
        value={text}
        placeholder={field.placeholder}
        spellcheck={false}
        autocomplete="off"
        style={{ width: `${field.width}ch` }}
        onInput={(event) => {
          setText(event.currentTarget.value);
          stay(route, { [field.name]: event.currentTarget.value });
        }}
      />
    </label>
  );
};

export const FilterBar = ({ route, names }: { route: Route; names: readonly string[] }) => (
  <search class="filters">
    {fields
      .filter(({ name }) => names.includes(name))
      .map((field) => (
        <Field key={field.name} route={route} field={field} />
      ))}
  </search>
);
