// The archive that a kernel unpacks as its first file system: cpio in the form "newc" (cpio(5)).

export interface Entry {
  readonly path: string;
  readonly mode: number;
  readonly bytes?: Buffer;
  /** Major and minor number of a device. */
  readonly device?: readonly [number, number];
}

export const directory = 0o040755;
export const program = 0o100755;
export const characterDevice = 0o020600;

const padded = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);

const entry = ({ path, mode, bytes = Buffer.alloc(0), device = [0, 0] }: Entry, inode: number): Buffer => {
  const name = Buffer.from(`${path}\0`);
  const fields = [inode, mode, 0, 0, 1, 0, bytes.length, 0, 0, ...device, name.length, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  return Buffer.concat([padded(Buffer.concat([Buffer.from(header), name])), padded(bytes)]);
};

export const initramfs = (entries: readonly Entry[]): Buffer =>
  Buffer.concat([
    ...entries.map((one, index) => entry(one, index + 1)),
    entry({ path: 'TRAILER!!!', mode: 0 }, 0),
  ]);
