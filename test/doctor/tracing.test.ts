import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { kubeletTracing } from '../../src/config/kubelet.ts';
import { environmentOf, runtimeTracing } from '../../src/doctor/tracing.ts';
import { temporaryFolder } from '../support/folder.ts';

const containerd = `
version = 2
[plugins]
  [plugins."io.containerd.grpc.v1.cri"]
    endpoint = "not this one"
  [plugins."io.containerd.tracing.processor.v1.otlp"]
    endpoint = "http://user:secret@collector:4318/?key=secret" # a comment
    protocol = "http/protobuf"
`;

test('of an environment only what says where spans go', () => {
  const found = environmentOf(
    'PASSWORD=x\0OTEL_EXPORTER_OTLP_ENDPOINT=http://c\0OTEL_EXPORTER_OTLP_HEADERS=y\0',
  );
  assert.deepEqual([...found], [['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://c']]);
});

/** A /proc with one process: its command, environment, and files under its root. */
const procOf = async (
  t: TestContext,
  args: readonly string[],
  files: Readonly<Record<string, string>>,
  environ = '',
): Promise<string> => {
  const proc = await temporaryFolder(t);
  const all = {
    cmdline: args.join('\0'),
    environ,
    ...Object.fromEntries(Object.entries(files).map(([path, text]) => [`root${path}`, text])),
  };
  for (const [path, text] of Object.entries(all)) {
    const file = join(proc, '7', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return proc;
};

test('what a runtime’s own tracing is set to', async (t) => {
  const of = async (
    comm: string,
    ...rest: [readonly string[], Readonly<Record<string, string>>, string?]
  ) => {
    const { on, endpoint, from } = runtimeTracing({ pid: 7, comm }, await procOf(t, ...rest));
    return [on, endpoint, from];
  };
  const usual = '/etc/containerd/config.toml';
  assert.deepEqual(await of('containerd', ['containerd'], { [usual]: containerd }), [
    true,
    'http://collector:4318/',
    usual,
  ]);
  // As containerd 2 writes it, in other notations, and taken in from other files, of which the last counts.
  for (const text of [
    "version = 3\n[plugins.'io.containerd.tracing.processor.v1.otlp']\nendpoint = 'http://c'\n",
    'plugins."io.containerd.tracing.processor.v1.otlp" = { endpoint = "http://c", insecure = true }\n',
    '[plugins]\n"io.containerd.tracing.processor.v1.otlp".endpoint = """http://c"""\n',
  ])
    assert.deepEqual(await of('containerd', ['containerd'], { [usual]: text }), [true, 'http://c', usual]);
  assert.deepEqual(
    await of('containerd', ['containerd'], {
      [usual]: `imports = ["conf.d/*.toml", "/more.toml"]\n${containerd}`,
      '/etc/containerd/conf.d/a.toml': containerd.replaceAll('collector', 'a'),
      '/etc/containerd/conf.d/b.toml': containerd.replaceAll('collector', 'b'),
      '/etc/containerd/conf.d/c.txt': containerd.replaceAll('collector', 'c'),
    }),
    [true, 'http://b:4318/', '/etc/containerd/conf.d/b.toml'],
  );
  assert.deepEqual(await of('containerd', ['containerd'], { [usual]: 'this is = = no TOML' }), [
    false,
    null,
    'its environment',
  ]);
  assert.deepEqual(await of('containerd', ['containerd', '-c', '/c.toml'], { '/c.toml': 'version = 2' }), [
    false,
    null,
    '/c.toml',
  ]);
  assert.deepEqual(
    await of('containerd', ['containerd'], {}, 'OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317\0'),
    [true, 'http://c:4317', 'its environment'],
  );
  assert.deepEqual(
    await of(
      'containerd',
      ['containerd'],
      {},
      'OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4317\0OTEL_SDK_DISABLED=true\0',
    ),
    [false, null, 'its environment'],
  );
  assert.deepEqual(
    await of('crio', ['crio'], {
      '/etc/crio/crio.conf': '[crio.tracing]\nenable_tracing = false\n',
      '/etc/crio/crio.conf.d/10-trace':
        '[crio.tracing]\nenable_tracing = true\ntracing_endpoint = "0.0.0.0:4317"\n',
    }),
    [true, '0.0.0.0:4317', '/etc/crio/crio.conf.d/10-trace'],
  );
  assert.deepEqual(
    await of('crio', ['crio'], { '/etc/crio/crio.conf': 'crio.tracing.enable_tracing = true # yes\n' }),
    [true, null, '/etc/crio/crio.conf'],
  );
  assert.equal((await of('crio', ['crio'], { '/etc/crio/crio.conf': 'enable_tracing = true' }))[0], false);
  assert.equal(runtimeTracing({ pid: 1, comm: 'containerd' }, await temporaryFolder(t)).on, null);
});

test('what the kubelet’s own tracing is set to', async (t) => {
  const of = async (config: string | null) => {
    const folder = await temporaryFolder(t);
    const file = join(folder, 'kubelet.yaml');
    if (config !== null) writeFileSync(file, config);
    const proc = await procOf(t, ['kubelet', `--config=${file}`], {});
    const { on, endpoint, samplingRatePerMillion } = kubeletTracing(
      { pid: 7, root: '', runtime: null, image: null },
      proc,
    );
    return [on, endpoint, samplingRatePerMillion];
  };
  assert.deepEqual(await of('kind: KubeletConfiguration\n'), [false, null, null]);
  assert.deepEqual(await of('tracing:\n  endpoint: 10.0.0.1:4317\n  samplingRatePerMillion: 1000\n'), [
    true,
    '10.0.0.1:4317',
    1000,
  ]);
  assert.deepEqual(await of('tracing: {}\n'), [true, 'localhost:4317', 0]);
  assert.deepEqual(await of(null), [null, null, null]);
});
