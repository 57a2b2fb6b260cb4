import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { critrace } from '../../cli/critrace.ts';

test('the demo shows the negotiation, and after it one start of a pod as one trace', async (t) => {
  const { code, stdout } = await critrace(['demo', '--runtime', 'simulated', '--source', 'proxy']);
  assert.equal(code, 0);
  const file = /as OTLP\/JSON lines in (\S+)/.exec(stdout)?.[1] ?? '';
  t.after(() => rm(dirname(dirname(file)), { recursive: true, force: true }));
  const [runtime, image, start, ...rest] = stdout.split(/\n\n(?=negotiate \w+:|pod )/);
  assert.match(runtime ?? '', /^negotiate RuntimeService: \S+, v1\ntrace [0-9a-f]{32}.*\n\n.*\n.* Version /);
  assert.match(image ?? '', /^negotiate ImageService: \S+, v1\ntrace [0-9a-f]{32}.*\n\n.*\n.* ImageFsInfo /);
  assert.match(start ?? '', /^pod start default\/web-0: \S+, running\ntrace [0-9a-f]{32}/);
  const steps = [...(start ?? '').matchAll(/^ +\+\S+ +(\w+) .*OK$/gm)].map(([, name]) => name);
  assert.deepEqual(steps, [
    'RunPodSandbox',
    'PodSandboxStatus',
    'CreateContainer',
    'StartContainer',
    'CreateContainer',
    'StartContainer',
  ]);
  assert.match(rest[0] ?? '', /^pod default\/web-0\n/);
});
