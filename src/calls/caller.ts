/** The process that made a call. Null: not known. */
export interface Caller {
  readonly pid: number | null;
  readonly pidStart: bigint | null;
  readonly uid: number | null;
  readonly comm: string | null;
  readonly cgroup: string | null;
  readonly userAgent: string | null;
}

/** What kind of program it is: a binary may be named after its version, which differs between the processes of an upgrade. */
export const programOf = (comm: string | null): string => (comm ?? '').replace(/[-_]v?\d.*$/, '');

/** Nothing tells it from others but what it says of itself. */
export const isNobody = ({ pid, comm }: Pick<Caller, 'pid' | 'comm'>): boolean =>
  pid === null && comm === null;

/** One key for all calls and connections of a process; where it is not known, each connection stands for itself. */
export const processKey = (
  { pid, pidStart }: Pick<Caller, 'pid' | 'pidStart'>,
  connection: number,
): string => (pid === null ? `connection ${connection}` : `${pid} ${pidStart}`);
