import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { resolveConfig } from '../../src/config/resolve.ts';
import { temporaryFolder } from '../support/folder.ts';
import { manifest, readManifest } from '../support/kubernetes.ts';

const mebibytes = (quantity: string): number => Number(/^(\d+)Mi$/.exec(quantity)?.[1]);

test('a field that the manifest does not have is refused: a typing error fails', async (t) => {
  const file = join(await temporaryFolder(t), 'x.yaml');
  writeFileSync(file, readFileSync(manifest, 'utf8').replace('hostPID:', 'hostPid:'));
  assert.throws(() => readManifest(file), /hostPid/);
});

test('its objects name each other', () => {
  const { namespace, configMap, daemonSet, pod, container } = readManifest();
  for (const one of [configMap, daemonSet]) assert.equal(one.metadata.namespace, namespace.metadata.name);
  assert.deepEqual(daemonSet.spec.selector.matchLabels, daemonSet.spec.template.metadata.labels);
  assert.equal(
    pod.volumes.find(({ configMap: of }) => of !== undefined)?.configMap?.name,
    configMap.metadata.name,
  );
  assert.deepEqual(
    container.volumeMounts.map(({ name }) => name),
    pod.volumes.map(({ name }) => name),
  );
  const ports = new Set(container.ports.map(({ name }) => name));
  for (const { httpGet } of [container.startupProbe, container.livenessProbe, container.readinessProbe])
    assert.ok(ports.has(httpGet.port));
});

test('its configuration is taken, and says what the rest of it relies on', async (t) => {
  const { configMap, pod, container, daemonSet } = readManifest();
  const [, , path = ''] = container.args;
  const mounted = container.volumeMounts.find(({ mountPath }) => path.startsWith(`${mountPath}/`));
  const text = configMap.data[path.slice((mounted?.mountPath.length ?? 0) + 1)];
  const file = join(await temporaryFolder(t), 'config.yaml');
  writeFileSync(file, text ?? '');
  const env = Object.fromEntries(container.env.map(({ name, value = 'node-7' }) => [name, value]));
  const { config, warnings } = resolveConfig({ flags: {}, env, file });
  assert.deepEqual(warnings, []);
  assert.equal(config['node-name'], 'node-7');
  assert.equal(config['metrics-host'], '0.0.0.0', 'where probes come from');
  assert.equal(config['metrics-port'], container.ports[0]?.containerPort);
  assert.equal(
    daemonSet.spec.template.metadata.annotations['prometheus.io/port'],
    String(config['metrics-port']),
  );
  assert.match(config['page-listen'], /^127\.0\.0\.1:/);
  assert.ok(pod.terminationGracePeriodSeconds * 1000 > config['stop-timeout']);
  const state = container.volumeMounts.find(({ name }) => name === 'state')?.mountPath ?? '-';
  assert.ok(config['spool-dir'].startsWith(`${state}/`));
});

test('it writes to its own folder alone, and has three capabilities', () => {
  const { container, pod } = readManifest();
  assert.deepEqual(
    container.volumeMounts.filter(({ readOnly }) => readOnly !== true).map(({ mountPath }) => mountPath),
    ['/var/lib/critrace'],
  );
  const { capabilities, privileged, allowPrivilegeEscalation, readOnlyRootFilesystem } =
    container.securityContext;
  assert.deepEqual(capabilities, { drop: ['ALL'], add: ['BPF', 'PERFMON', 'SYS_PTRACE'] });
  assert.deepEqual([privileged, allowPrivilegeEscalation, readOnlyRootFilesystem], [false, false, true]);
  assert.equal(pod.automountServiceAccountToken, false);
});

test('its memory leaves room above the heap that Node may use', () => {
  const { container } = readManifest();
  const options = container.env.find(({ name }) => name === 'NODE_OPTIONS')?.value ?? '';
  const heap = Number(/--max-old-space-size=(\d+)/.exec(options)?.[1]);
  assert.ok(heap < mebibytes(container.resources.limits.memory) / 2);
  assert.ok(mebibytes(container.resources.requests.memory) >= 90);
});

test('the image has what is started, and what it is built and linked with', () => {
  const dockerfile = readFileSync('deploy/image/Dockerfile', 'utf8');
  const { container } = readManifest();
  // With the young generation and the arenas that docs/decisions/memory.md weighed.
  assert.match(
    dockerfile,
    /^ENTRYPOINT \["node", "--max-semi-space-size=4", "--no-memory-reducer", "\/opt\/critrace\/dist\/cli\/main\.js"\]$/m,
  );
  assert.match(dockerfile, /^ENV MALLOC_ARENA_MAX=2$/m);
  assert.match(dockerfile, new RegExp(`^CMD \\["${container.args[0]}"\\]$`, 'm'));
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  assert.equal(container.image, `critrace:${version}`);
  // What .ci/setup cannot do without for a build, in the stage that builds.
  for (const name of ['clang', 'gcc', 'g\\+\\+', 'libbpf-dev', 'libc6-dev', 'make', 'python3'])
    assert.match(dockerfile, new RegExp(`install [^\\n]*${name}( |\\n)`), name);
});
