import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import protobuf from 'protobufjs';
import { createCriCounters, defaultCriLimits } from '../../src/cri/limits.ts';
import { redactMessage } from '../../src/cri/redact.ts';
import { encode } from './arbitrary-message.ts';
import { run, send, start, typesOf } from './drive.ts';

const hidden = '[redacted]';

describe('whole messages', () => {
  it('are not there unless asked for', () => {
    assert.equal(run('RuntimeService/Version', {}, []).full, null);
  });

  it('keep names and shapes; values are shown only where they are safe', () => {
    const request = {
      pod_sandbox_id: 's1',
      config: {
        metadata: { name: 'nginx', attempt: 1 },
        image: { image: 'nginx:1', annotations: { secret: 'x' } },
        command: ['sh', '-c'],
        envs: [{ key: 'A', value: Buffer.from('b') }],
        mounts: [{ host_path: '/var', readonly: true, propagation: 'PROPAGATION_HOST_TO_CONTAINER' }],
        labels: { 'io.kubernetes.pod.name': 'web-0', app: 'web' },
        annotations: { 'io.kubernetes.container.hash': 'h', 'kubernetes.io/other': 'o', more: 'm' },
        tty: true,
        linux: {
          resources: {
            cpu_shares: '9007199254740993',
            cpuset_cpus: '0-3',
            hugepage_limits: [{ limit: '5' }],
          },
          security_context: {
            privileged: true,
            run_as_user: { value: '1000' },
            supplemental_groups: ['1', '2'],
            capabilities: { add_capabilities: ['NET_ADMIN'] },
            seccomp: { profile_type: 'Localhost', localhost_ref: '/x' },
          },
        },
        stop_signal: 'SIGNAL_SIGTERM',
      },
    };
    const { full } = run('RuntimeService/CreateContainer', request, [{ container_id: 'c1' }], { full: true });
    assert.deepEqual(full, {
      request: [
        {
          pod_sandbox_id: 's1',
          config: {
            metadata: { name: 'nginx', attempt: 1 },
            image: { image: 'nginx:1', annotations: { '[redacted 1]': hidden } },
            command: [hidden, hidden],
            envs: [{ key: hidden, value: hidden }],
            mounts: [{ host_path: hidden, readonly: true, propagation: 'PROPAGATION_HOST_TO_CONTAINER' }],
            labels: { 'io.kubernetes.pod.name': 'web-0', '[redacted 1]': hidden },
            annotations: {
              'io.kubernetes.container.hash': hidden,
              '[redacted 1]': hidden,
              '[redacted 2]': hidden,
            },
            tty: true,
            linux: {
              resources: {
                cpu_shares: '9007199254740993',
                cpuset_cpus: hidden,
                hugepage_limits: [{ limit: '5' }],
              },
              security_context: {
                privileged: hidden,
                run_as_user: { value: hidden },
                supplemental_groups: [hidden, hidden],
                capabilities: { add_capabilities: [hidden] },
                seccomp: { profile_type: hidden, localhost_ref: hidden },
              },
            },
            stop_signal: 'SIGNAL_SIGTERM',
          },
        },
      ],
      response: [{ container_id: 'c1' }],
    });
  });

  const pull = 'ImageService/PullImage';

  it('redact what the schema marks, and the rest of the credentials', () => {
    const auth = {
      username: 'u',
      password: 'p',
      auth: 'a',
      server_address: 's',
      identity_token: 'i',
      registry_token: 'r',
    };
    const { full } = run(pull, { auth }, [], { full: true });
    assert.deepEqual(full?.request, [
      { auth: Object.fromEntries(Object.keys(auth).map((key) => [key, hidden])) },
    ]);
  });

  it('redact numbers that tell of users', () => {
    const status = { user: { linux: { uid: '1234', gid: '5', supplemental_groups: ['6'] } } };
    const { full } = run('RuntimeService/ContainerStatus', {}, [{ status }], { full: true });
    assert.deepEqual(full?.response, [
      { status: { user: { linux: { uid: hidden, gid: hidden, supplemental_groups: [hidden] } } } },
    ]);
  });

  const path = `runtime.v1.${pull}`;
  const response = encode(typesOf(path).response, { image_ref: 'reg.io/nginx:1' });

  it('come the same in pieces and compressed', () => {
    for (const [bytes, options] of [
      [response, { size: 1 }],
      [gzipSync(response), { size: 5, compressed: true }],
    ] as const) {
      const call = start(path, { full: true });
      send(call, 'response', bytes, options);
      assert.deepEqual(call.finish().full?.response, [{ image_ref: 'reg.io/nginx:1' }]);
    }
  });

  it('say in place what they cannot show', () => {
    const call = start(path, { full: true });
    send(call, 'response', Uint8Array.of(0x0a, 9));
    send(call, 'response', response, { compressed: true });
    call.broken('response');
    assert.deepEqual(call.finish().full?.response, [
      '[2 bytes that are no PullImageResponse]',
      '[not gzip]',
      '[message broke off]',
    ]);
  });

  it('are bounded in bytes, those of a call together', () => {
    const counters = createCriCounters();
    const limits = { ...defaultCriLimits, maxFullBytes: 2 * response.length };
    const call = start(path, { full: true, limits, counters });
    for (let i = 0; i < 3; i++) send(call, 'response', response, { size: 3 });
    assert.deepEqual(call.finish().full?.response, [
      { image_ref: 'reg.io/nginx:1' },
      { image_ref: 'reg.io/nginx:1' },
      `[${response.length} bytes, over the bound of ${limits.maxFullBytes} for a call]`,
    ]);
    assert.equal(counters.overFull, 1);
  });

  it('are bounded in number', () => {
    const counters = createCriCounters();
    const limits = { ...defaultCriLimits, maxFullMessages: 2 };
    const event = { container_event_type: 'CONTAINER_STOPPED_EVENT' };
    const { full } = run('RuntimeService/GetContainerEvents', {}, Array(5).fill(event), {
      full: true,
      limits,
      counters,
    });
    assert.deepEqual(full?.response, [event, event, '[3 more messages]']);
    assert.equal(counters.overFull, 3);
  });
});

describe('a field that the schema marks', () => {
  it('is redacted even where its name would let it be shown', () => {
    const { root } = protobuf.parse(
      'syntax = "proto3"; message M { string id = 1 [debug_redact = true]; string image_id = 2; int32 n = 3 [debug_redact = true]; }',
      { keepCase: true },
    );
    assert.deepEqual(redactMessage(root.lookupType('M'), { id: 'a', image_id: 'b', n: 3 }), {
      id: hidden,
      image_id: 'b',
      n: hidden,
    });
  });
});
