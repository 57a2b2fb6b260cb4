import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { z } from 'zod';
import { imageArchive } from '../../src/demo/image.ts';
import { temporaryFolder } from '../support/folder.ts';

const descriptor = z.object({ digest: z.string(), size: z.number() });

test('every descriptor of the image layout names a blob with its digest and size', async (t) => {
  const workload = Buffer.from('a program');
  const archive = join(await temporaryFolder(t), 'image.tar');
  await writeFile(archive, imageArchive(workload, ['example.local/pause:1', 'example.local/web:1']));
  const file = (path: string): Buffer => execFileSync('tar', ['-xOf', archive, path]);
  const blob = ({ digest, size }: z.infer<typeof descriptor>): Buffer => {
    const content = file(`blobs/${digest.replace(':', '/')}`);
    assert.equal(`sha256:${createHash('sha256').update(content).digest('hex')}`, digest);
    assert.equal(content.length, size);
    return content;
  };

  assert.deepEqual(JSON.parse(file('oci-layout').toString()), { imageLayoutVersion: '1.0.0' });
  const index = z
    .object({ manifests: z.array(descriptor.extend({ annotations: z.record(z.string(), z.string()) })) })
    .parse(JSON.parse(file('index.json').toString()));
  assert.deepEqual(
    index.manifests.map(({ annotations }) => annotations['io.containerd.image.name']),
    ['example.local/pause:1', 'example.local/web:1'],
  );
  for (const entry of index.manifests) {
    const manifest = z
      .object({ config: descriptor, layers: z.array(descriptor).length(1) })
      .parse(JSON.parse(blob(entry).toString()));
    const config = z
      .object({ rootfs: z.object({ diff_ids: z.array(z.string()) }) })
      .parse(JSON.parse(blob(manifest.config).toString()));
    assert.deepEqual(
      config.rootfs.diff_ids,
      manifest.layers.map(({ digest }) => digest),
    );
    for (const layer of manifest.layers) {
      const path = join(await temporaryFolder(t), 'layer.tar');
      await writeFile(path, blob(layer));
      assert.deepEqual(execFileSync('tar', ['-xOf', path, 'workload']), workload);
    }
  }
});
