import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { protoPath } from '../../src/cri/proto.ts';

for (const version of ['v1', 'v1alpha2']) {
  it(`protoc accepts proto/runtime/${version} without a warning`, () => {
    const files = readdirSync(join(protoPath(), 'runtime', version)).map((name) =>
      join('runtime', version, name),
    );
    const result = spawnSync('protoc', ['-I', '.', '--descriptor_set_out=/dev/null', ...files], {
      cwd: protoPath(),
      encoding: 'utf8',
    });
    assert.equal(result.error, undefined, 'protoc runs (Debian: protobuf-compiler)');
    assert.equal(`${result.stderr}${result.stdout}`, '');
    assert.equal(result.status, 0);
  });
}
