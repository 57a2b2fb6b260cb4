import type { AttributeRow } from './attributes.ts';

/** The names of a table of attributes. */
export type NamesOf<Rows extends readonly AttributeRow[]> = Rows[number]['name'];

/** What everything that was found says of itself. */
export type FoundAttributeName = 'cri.symptom' | 'cri.symptom.revision' | 'cri.symptom.explanation';

/** Of what pod and container something is. */
export type WhoseAttributeName = 'k8s.namespace.name' | 'k8s.pod.name' | 'k8s.pod.uid' | 'k8s.container.name';
