import { type FileHandle, lstat, open, unlink } from 'node:fs/promises';
import { CaptureError } from './error.ts';

/** `node.jsonl.gz` is followed by `node.1.jsonl.gz`, `node.2.jsonl.gz`. */
export const partPath = (path: string, part: number): string => {
  if (part === 0) return path;
  const suffix = /(?:\.jsonl)?(?:\.gz)?$/.exec(path)?.[0] ?? '';
  return `${path.slice(0, path.length - suffix.length)}.${part}${suffix}`;
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

/**
 * A new file that only its owner can read: a capture holds whole messages. Nothing is written through a link, and
 * nothing but a plain file is ever replaced.
 */
export const createPrivateFile = async (path: string, force: boolean): Promise<FileHandle> => {
  try {
    const found = force ? await lstat(path).catch(() => null) : null;
    if (found?.isFile() === true || found?.isSymbolicLink() === true) await unlink(path);
    return await open(path, 'wx', 0o600);
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST')
      throw new CaptureError('exists', `${path} exists; choose another name or replace it with --force`, {
        cause,
      });
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CaptureError('write', `${path}: cannot be written: ${why}`, { cause });
  }
};
