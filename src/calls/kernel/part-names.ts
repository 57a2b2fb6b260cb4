import { programText } from './program.ts';
import type { KernelPart } from './story.ts';

type What = KernelPart['what'];

const baseName = (file: string): string => file.slice(file.lastIndexOf('/') + 1);

/** Files that runtimes name by what they contain, or by a number, have as many names as there are of them. */
const fileName = (file: string): string => {
  const name = baseName(file);
  return /^[0-9a-f]{32,}$/.test(name) ? 'content' : name.replace(/\d{4,}$/, '');
};

const syncName = ({ operation, file }: Extract<What, { kind: 'sync' }>): string =>
  file === null ? operation : `${operation} ${fileName(file)}`.trimEnd();

/** `cni.ADD bridge`, `runc create`, `fsync meta.db`: few names, as those of spans have to be. */
export const partName = (what: What): string => {
  switch (what.kind) {
    case 'program':
      return programText(what.program);
    case 'sync':
      return syncName(what);
    case 'connect':
      return 'connect';
    case 'stop':
      return 'container stop';
  }
};

/** Under what a part stands among what a call's time went to: all plugins together, each with its own time. */
export const shareNames = (what: What): { readonly group: string; readonly name: string } => {
  const name = what.kind === 'connect' ? `connect ${what.address}:${what.port}` : partName(what);
  return what.kind === 'program' && what.program.kind === 'cni'
    ? { group: 'CNI', name: what.program.plugin }
    : { group: name, name };
};
