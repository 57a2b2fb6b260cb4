/** The process that made a call. Null: not known. */
export interface Caller {
  readonly pid: number | null;
  readonly pidStart: bigint | null;
  readonly uid: number | null;
  readonly comm: string | null;
  readonly cgroup: string | null;
  readonly userAgent: string | null;
}
