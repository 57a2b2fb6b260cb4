import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ConfigError } from '../../src/config/error.ts';
import { optionNames, optionOf, variablesOf } from '../../src/config/options.ts';
import { printConfigJson, printConfigYaml } from '../../src/config/print.ts';
import { describeProvenance } from '../../src/config/provenance.ts';
import { type ConfigInputs, resolveConfig } from '../../src/config/resolve.ts';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'critrace-config-'));
});
after(() => rmSync(folder, { recursive: true }));

const written = (text: string, name = 'config.yaml'): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

const noCrictl = { CRI_CONFIG_FILE: '/nonexistent/crictl.yaml' };

const resolve = (inputs: Partial<ConfigInputs>) =>
  resolveConfig({ flags: {}, file: null, ...inputs, env: { ...noCrictl, ...inputs.env } });

const refusal = (inputs: Partial<ConfigInputs>): string => {
  try {
    resolve(inputs);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    assert.ok(!error.message.includes('\n'), 'one line');
    return error.message;
  }
  return assert.fail('was taken');
};

describe('precedence', () => {
  const file = 'runtime-endpoint: /file.sock\n';
  const cases: readonly {
    name: string;
    flag?: string;
    env?: Record<string, string>;
    file?: string;
    crictl?: string;
    value: string | null;
    from: RegExp;
  }[] = [
    { name: 'nothing set', value: null, from: /^default$/ },
    {
      name: 'crictl.yaml',
      crictl: 'timeout: 2\nruntime-endpoint: unix:///crictl.sock\n',
      value: '/crictl.sock',
      from: /crictl\.yaml:2$/,
    },
    {
      name: 'file over crictl.yaml',
      file,
      crictl: 'runtime-endpoint: /crictl.sock',
      value: '/file.sock',
      from: /config\.yaml:1$/,
    },
    {
      name: 'env over file',
      file,
      env: { CONTAINER_RUNTIME_ENDPOINT: '/env.sock' },
      value: '/env.sock',
      from: /^env CONTAINER_RUNTIME_ENDPOINT$/,
    },
    {
      name: "critrace's own variable over crictl's",
      env: { CONTAINER_RUNTIME_ENDPOINT: '/env.sock', CRITRACE_RUNTIME_ENDPOINT: '/own.sock' },
      value: '/own.sock',
      from: /^env CRITRACE_RUNTIME_ENDPOINT$/,
    },
    {
      name: 'an empty variable is not set',
      env: { CRITRACE_RUNTIME_ENDPOINT: '' },
      file,
      value: '/file.sock',
      from: /:1$/,
    },
    {
      name: 'flag over all',
      flag: '/flag.sock',
      env: { CRITRACE_RUNTIME_ENDPOINT: '/own.sock' },
      file,
      value: '/flag.sock',
      from: /^--runtime-endpoint$/,
    },
    { name: 'a key without a value is not set', file: 'runtime-endpoint:\n', value: null, from: /^default$/ },
  ];
  for (const each of cases) {
    it(each.name, () => {
      const crictl =
        each.crictl === undefined ? {} : { CRI_CONFIG_FILE: written(each.crictl, 'crictl.yaml') };
      const { config, provenance } = resolve({
        flags: each.flag === undefined ? {} : { 'runtime-endpoint': each.flag },
        env: { ...crictl, ...each.env },
        file: each.file === undefined ? null : written(each.file),
      });
      assert.equal(config['runtime-endpoint'], each.value);
      assert.match(describeProvenance(provenance['runtime-endpoint']), each.from);
    });
  }

  it('every option takes its example from the flag, each of its variables and the file', () => {
    const nothing: ConfigInputs = { flags: {}, env: {}, file: null };
    // Options that are not allowed alone.
    const companions = { 'otlp-client-key': '/k', 'otlp-client-certificate': '/c' };
    for (const name of optionNames) {
      const { example } = optionOf(name);
      const others = name in companions ? { ...companions } : {};
      const byFlag = resolveConfig({ ...nothing, flags: { ...others, [name]: example } });
      assert.equal(byFlag.provenance[name].from, 'flag');
      for (const variable of variablesOf(name)) {
        const { config } = resolveConfig({
          ...nothing,
          flags: { ...others, [name]: undefined },
          env: { [variable]: example },
        });
        assert.deepEqual(config[name], byFlag.config[name], variable);
      }
      const { config } = resolveConfig({
        ...nothing,
        flags: { ...others, [name]: undefined },
        file: written(`${name}: ${example}\n`),
      });
      assert.deepEqual(config[name], byFlag.config[name], name);
    }
  });
});

describe('wrong values', () => {
  const cases: readonly [name: string, inputs: () => Partial<ConfigInputs>, message: RegExp][] = [
    [
      'tcp',
      () => ({ flags: { 'runtime-endpoint': 'tcp://10.0.0.1:3735' } }),
      /^runtime-endpoint: "tcp:\/\/10\.0\.0\.1:3735".*unix socket.*--runtime-endpoint/,
    ],
    [
      'npipe',
      () => ({ env: { IMAGE_SERVICE_ENDPOINT: 'npipe:////./pipe/x' } }),
      /^image-endpoint: .*npipe.*env IMAGE_SERVICE_ENDPOINT/,
    ],
    [
      'a relative unix address',
      () => ({ flags: { listen: 'unix://run/x.sock' } }),
      /^listen: .*three slashes/,
    ],
    ['a socket path too long', () => ({ flags: { listen: `/${'x'.repeat(107)}` } }), /^listen: .*107 bytes/],
    [
      'a choice',
      () => ({ env: { CRITRACE_SOURCE: 'pcap' } }),
      /^source: "pcap".*allowed: auto, tap, proxy.*env CRITRACE_SOURCE/,
    ],
    [
      'a duration without a unit',
      () => ({ file: written('\n\nstop-timeout: 8\n') }),
      /^stop-timeout: "8".*500ms, 10s.*config\.yaml:3/,
    ],
    ['a duration out of range', () => ({ flags: { 'stop-timeout': '2h' } }), /from 0 to 5m/],
    [
      'a size',
      () => ({ file: written('store-dir: /s\nstore-file-size: 64MB\n') }),
      /^store-file-size: "64MB".*64MiB.*config\.yaml:2/,
    ],
    ['a number', () => ({ flags: { 'store-files': '0' } }), /whole number from 1 to 10000/],
    [
      'a truth',
      () => ({ env: { OTEL_SDK_DISABLED: 'yes' } }),
      /^otlp-disabled: "yes".*true, false.*env OTEL_SDK_DISABLED/,
    ],
    ['a list for a path', () => ({ file: written('listen: [a, b]\n') }), /^listen: .*config\.yaml:1/],
    ['a number for a mapping', () => ({ file: written('otlp-headers: 3\n') }), /^otlp-headers: /],
    [
      'an unknown key',
      () => ({ file: written('source: proxy\nruntime_endpoint: /x\n') }),
      /unknown option "runtime_endpoint".*config\.yaml:2.*did you mean "runtime-endpoint"/,
    ],
    [
      'an unknown key like none',
      () => ({ file: written('zzz: 1\n') }),
      /unknown option "zzz".*config\.yaml:1\)$/,
    ],
    [
      'a duplicate key',
      () => ({ file: written('listen: /a\nlisten: /b\n') }),
      /config\.yaml:2: not valid YAML/,
    ],
    ['broken YAML', () => ({ file: written('a: [1\n') }), /not valid YAML/],
    ['no mapping', () => ({ file: written('- a\n') }), /config\.yaml:1: allowed: a mapping/],
    [
      'a file that is not there',
      () => ({ file: '/nonexistent.yaml' }),
      /\/nonexistent\.yaml does not exist.*--config/,
    ],
    ['a folder', () => ({ file: folder }), /cannot be read \(EISDIR\)/],
    [
      'wrong in the file though a flag is stronger',
      () => ({ flags: { source: 'proxy' }, file: written('source: x\n') }),
      /config\.yaml:1/,
    ],
    [
      'another protocol',
      () => ({
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' },
      }),
      /^otlp-protocol: .*allowed: grpc.*env OTEL_EXPORTER_OTLP_PROTOCOL/,
    ],
    [
      'half a client identity',
      () => ({ flags: { 'otlp-client-key': '/k' } }),
      /^otlp-client-key is given alone/,
    ],
    [
      'listening where the runtime does',
      () => ({ flags: { 'runtime-endpoint': '/a.sock', listen: 'unix:///a.sock' } }),
      /^listen and runtime-endpoint are the same socket/,
    ],
    [
      'one socket for two listeners',
      () => ({
        flags: { 'runtime-endpoint': '/a', 'image-endpoint': '/b', listen: '/c', 'image-listen': '/c' },
      }),
      /^listen and image-listen are the same/,
    ],
  ];
  for (const [name, inputs, message] of cases) it(name, () => assert.match(refusal(inputs()), message));

  it('secrets stay out of messages', () => {
    const text = [
      refusal({ env: { OTEL_EXPORTER_OTLP_HEADERS: 'hunter2' } }),
      refusal({ flags: { 'otlp-endpoint': 'http://me:hunter2@collector:4317' } }),
    ].join('\n');
    assert.ok(!text.includes('hunter2'), text);
  });
});

it('a protocol without an endpoint is nobody’s business', () => {
  resolve({ env: { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' } });
});

it('variables that look like ours are named, those of Kubernetes for a Service are not', () => {
  const { warnings } = resolve({
    env: {
      CRITRACE_RUNTIM_ENDPOINT: '/x',
      CRITRACE_SERVICE_HOST: '10.0.0.1',
      CRITRACE_PORT_9464_TCP_ADDR: '10.0.0.1',
      CRITRACE_METRICS_SERVICE_PORT_HTTP: '9464',
    },
  });
  assert.deepEqual(warnings, [
    'environment variable CRITRACE_RUNTIM_ENDPOINT means nothing to critrace; did you mean CRITRACE_RUNTIME_ENDPOINT?',
  ]);
});

describe('config print', () => {
  const env = {
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20hunter2',
    OTEL_EXPORTER_OTLP_TIMEOUT: '2500',
  };

  it('is a configuration file that gives the same configuration', () => {
    const first = resolve({
      env: { OTEL_EXPORTER_OTLP_TIMEOUT: '2500', OTEL_RESOURCE_ATTRIBUTES: 'a=b,c=%20d' },
      flags: { 'spool-disk': '3MiB' },
    });
    const again = resolve({ file: written(printConfigYaml(first)) });
    assert.deepEqual({ ...again.config, 'crictl-config': '' }, { ...first.config, 'crictl-config': '' });
  });
  it('keeps secrets', () => {
    const resolved = resolve({ env });
    for (const text of [printConfigYaml(resolved), printConfigJson(resolved)]) {
      assert.ok(!text.includes('hunter2'));
      assert.match(text, /authorization.*\[redacted\]/);
    }
  });
  it('names where each value came from', () => {
    const lines = printConfigYaml(resolve({ env })).split('\n');
    assert.ok(
      lines.some((line) => /^otlp-timeout: 2500ms +# env OTEL_EXPORTER_OTLP_TIMEOUT$/.test(line)),
      lines.join('\n'),
    );
    assert.equal(lines.length, optionNames.length + 1);
  });
});
