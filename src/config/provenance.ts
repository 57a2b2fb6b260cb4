/** Where a value was set. */
export type Provenance =
  | { readonly from: 'default' }
  | { readonly from: 'file'; readonly file: string; readonly line: number }
  | { readonly from: 'env'; readonly variable: string }
  | { readonly from: 'flag'; readonly flag: string };

export const describeProvenance = (where: Provenance): string => {
  switch (where.from) {
    case 'default':
      return 'default';
    case 'file':
      return `${where.file}:${where.line}`;
    case 'env':
      return `env ${where.variable}`;
    case 'flag':
      return where.flag;
  }
};

/** A value as it was written, before it is checked. */
export interface Setting {
  readonly value: unknown;
  readonly where: Provenance;
}

/** What one place sets: a file, the environment, the flags. */
export type Layer<Name extends string = string> = ReadonlyMap<Name, Setting>;
