import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type TarEntry, tar } from './tar.ts';

const run = promisify(execFile);

/** Where the program lies inside the image. */
export const workloadPath = '/workload';

const source = fileURLToPath(new URL('../../native/demo/workload.c', import.meta.url));

/** The same compiler call in words for both: musl gives 20 kB, glibc 800 kB, both run. */
const compilers = ['musl-gcc', 'cc'] as const;

/** Builds the static workload binary in `folder`. Throws the last compiler's message when none can. */
export const buildWorkload = async (folder: string): Promise<Uint8Array> => {
  const output = join(folder, 'workload');
  let failure: unknown;
  for (const compiler of compilers) {
    try {
      await run(compiler, ['-static', '-Os', '-s', '-o', output, source], { timeout: 30_000 });
      return await readFile(output);
    } catch (error) {
      failure = error;
    }
  }
  throw new Error('no C compiler could build the workload (Debian: musl-tools and gcc)', { cause: failure });
};

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/**
 * An OCI image layout (image-spec 1.0) as a tar: one layer with one binary, under each of `names`, as
 * `ctr images import` reads it.
 */
export const imageArchive = (workload: Uint8Array, names: readonly string[]): Buffer => {
  const blobs: TarEntry[] = [];
  const blob = (mediaType: string, content: Uint8Array) => {
    const digest = digestOf(content);
    blobs.push({ path: `blobs/${digest.replace(':', '/')}`, mode: 0o644, content });
    return { mediaType, digest, size: content.length };
  };
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

  const layer = blob(
    'application/vnd.oci.image.layer.v1.tar',
    tar([{ path: workloadPath.slice(1), mode: 0o755, content: workload }]),
  );
  const config = blob(
    'application/vnd.oci.image.config.v1+json',
    json({
      architecture: architectures[process.arch] ?? process.arch,
      os: 'linux',
      config: { Entrypoint: [workloadPath] },
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
    }),
  );
  const manifestType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = blob(
    manifestType,
    json({ schemaVersion: 2, mediaType: manifestType, config, layers: [layer] }),
  );
  const index = {
    schemaVersion: 2,
    manifests: names.map((name) => ({ ...manifest, annotations: { 'io.containerd.image.name': name } })),
  };
  return tar([
    { path: 'oci-layout', mode: 0o644, content: json({ imageLayoutVersion: '1.0.0' }) },
    { path: 'index.json', mode: 0o644, content: json(index) },
    ...blobs,
  ]);
};
