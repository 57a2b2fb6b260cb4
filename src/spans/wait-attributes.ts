import type { AttributeRow } from './attributes.ts';

/** What a stretch of an operation's time says of what it went to. */
export const waitAttributeRows = [
  {
    name: 'cri.wait.on',
    on: 'operation',
    type: 'string',
    when: 'always: `client`, `back_off`, `init_container` (no call was under way); `pull_queue` (likewise, while pulls of others were); `same_container`, `same_sandbox`, `same_image`, `convoy` (in the runtime, while another call was under way)',
    example: 'pull_queue',
  },
  {
    name: 'cri.wait.behind',
    on: 'operation',
    type: 'string',
    when: 'another call is what was waited for, to which the span is linked: its method, and whose it is',
    example: 'PullImage of default/web',
  },
  {
    name: 'cri.wait.evidence',
    on: 'operation',
    type: 'string',
    when: 'it is more than that no call was under way: what shows it',
    example:
      'PullImage of default/web on the same image had begun 900.0 ms before, and this call ended 2.1 ms after it',
  },
] as const satisfies readonly AttributeRow[];

export type WaitAttributeName = (typeof waitAttributeRows)[number]['name'];
