import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { referenceLimit, scrubLimit, scrubReference, scrubText } from '../../src/foundation/scrub.ts';

const id = '4a3af8b7162e08270f15d0e90a3de8ccb962948b54eaf2ee9d91d011f3216cba';
const runs = Number(process.env.CRITRACE_FUZZ_RUNS ?? 300);

/** What kubelets, runtimes and registries really say: it names no secret and must be read as it is. */
const unchanged = [
  '',
  `an error occurred when try to find container "${id}": not found`,
  'an error occurred when try to find container "deadbeefdeadbeef": not found',
  "an error occurred when trying to find sandbox : prefix can't be empty",
  'container create failed: time="2026-11-23T23:11:45Z" level=warning msg="cannot toggle freezer: cgroups not configured for container"\ntime="2026-11-23T23:11:45Z" level=error msg="runc create failed: unable to start container process: exec: \\"/no/such/binary\\": stat /no/such/binary: no such file or directory"\n',
  `container is not created or running: checking if PID of ${id} is running failed: container process not found`,
  'could not find pod "deadbeefdeadbeef": PodSandbox with ID starting with deadbeefdeadbeef not found: ID does not exist',
  'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/no/such/binary": stat /no/such/binary: no such file or directory: unknown',
  'failed to exec in container: timeout 1s exceeded: context deadline exceeded',
  'failed to pull and unpack image "lab.local/nothing-here:7": failed to resolve reference "lab.local/nothing-here:7": lab.local/nothing-here:7: not found',
  `failed to reserve sandbox name "lab-pod-a_lab_uid-a-28990_1": name "lab-pod-a_lab_uid-a-28990_1" is reserved for "${id}"`,
  'reference "[overlay@/srv/rcrio/root+/srv/rcrio/run]lab.local/never-seen:9" does not resolve to an image ID',
  'unable to pull image or OCI artifact: pull image err: initializing source docker://lab.local/nothing-here:7: reading manifest 7 in 127.0.0.1:5071/nothing-here: manifest unknown',
  'unknown method ListPodSandboxStats for service runtime.v1alpha2.RuntimeService',
  'pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed',
  'failed to fetch anonymous token: unexpected status from GET request to https://auth.docker.io/token: 401 Unauthorized',
  'failed to fetch oauth token: Post "https://auth.example.com/token": dial tcp: lookup auth.example.com: no such host',
  'no basic auth credentials',
  'basic authentication failed: unauthorized',
  `failed to resolve image "registry.k8s.io/pause@sha256:${id}": not found`,
  `failed to resolve "localhost:5000/app/web:1.2.3@sha256:${id}"`,
  'image "registry.example.com:5000/team/app:0c1e1a2f5b6d7c8e9fa0b1c2d3e4f5a6b7c8d9e0" not found',
  `cgroup /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1d5f3c0e_6a37_4a71_8b0c_0a2b6a3b6d10.slice/cri-containerd-${id}.scope: no such file`,
  'open /var/lib/kubelet/pods/1d5f3c0e-6a37-4a71-8b0c-0a2b6a3b6d10/volumes/kubernetes.io~projected/kube-api-access-x7k2p: permission denied',
  'failed to remove snapshot extract-515164379-TYlw sha256:abcdef: not found',
  'sandbox name "kube-apiserver-node1_kube-system_0d9ad1a1e0e5a3b9c5f2a0d6c3f8a7b1_4" is reserved',
  'rpc error: code = DeadlineExceeded desc = stream terminated by RST_STREAM with error code: CANCEL',
  'MountVolume.SetUp failed for volume "certs" : secret "web-tls" not found',
  'runtime.v1.RuntimeService/UpdatePodSandboxResources: method UpdatePodSandboxResources not implemented',
  'unix:///run/containerd/containerd.sock: connect: connection refused',
  'ssh root@node-1.example.com failed',
  'is it there? no, key: value pairs only (why?)',
  'no such key "a" in map',
];

test('messages without a secret stay as they are', () => {
  for (const text of unchanged) assert.equal(scrubText(text), text);
});

/** Text with a planted secret, and what is left of it. */
const scrubbed: readonly (readonly [string, string])[] = [
  ['Get "https://joe:hunter2@reg.io/v2/": EOF', 'Get "https://[redacted]@reg.io/v2/": EOF'],
  ['Get "https://hunter2@reg.io/v2/": EOF', 'Get "https://[redacted]@reg.io/v2/": EOF'],
  ['docker://joe:hun@ter2@reg.io/img:1: denied', 'docker://[redacted]@reg.io/img:1: denied'],
  ['https://joe:hun/ter2@reg.io/img', 'https://[redacted]@reg.io/img'],
  ['https://joe:hun?ter2@reg.io/img', 'https://[redacted]@reg.io/img'],
  ["https://joe:hun'ter2@reg.io/img", 'https://[redacted]@reg.io/img'],
  ['GET https://s3.io/blob?X-Amz-Signature=hunter2&x=1: 403', 'GET https://s3.io/blob?[redacted]: 403'],
  ['(see https://s3.io/blob?sig=hunter2).', '(see https://s3.io/blob?[redacted]).'],
  ['https://a.io/#access_token=hunter2', 'https://a.io/#[redacted]'],
  [`https://a.io/x@sha256:${id}?t=hunter2`, `https://a.io/x@sha256:${id}?[redacted]`],
  ['failed to pull "joe:hunter2@reg.io/img:1": no', 'failed to pull "[redacted]@reg.io/img:1": no'],
  ['dsn joe:hunter2@tcp(db:3306)/x', 'dsn [redacted]@tcp(db:3306)/x'],
  ['pull "reg.io/img:1?x=hunter2": no', 'pull "reg.io/img:1?[redacted]": no'],
  ['pull joe:hunter2@reg.io/img:1?x=hunter2', 'pull [redacted]@reg.io/img:1?[redacted]'],
  ['GET /v2/x?y=hunter2 failed', 'GET /v2/x?[redacted] failed'],
  ['bad key=hunter2 given', 'bad key=[redacted] given'],
  ['Bearer: hunter2', 'Bearer: [redacted]'],
  ['Bearer "hunter2" x', 'Bearer "[redacted]" x'],
  ['bearer=hunter2 x', 'bearer=[redacted] x'],
  ['Authorization: Bearer hunter2', 'Authorization: [redacted]'],
  ['Authorization: Bearer hunter2 api_key: "hunter3" refused', 'Authorization: [redacted]'],
  ['Authorization: Digest username="hunter2", response="hunter3"', 'Authorization: [redacted]'],
  ['"Authorization: Bearer hunter2": forbidden', '"Authorization: [redacted]": forbidden'],
  ['authorization: Basic aHVudGVyMg==, next', 'authorization: [redacted]'],
  ['header Bearer hunter2 refused', 'header Bearer [redacted] refused'],
  ['with bearer hunter, gone', 'with bearer [redacted], gone'],
  ['sent Basic am9lOmh1bnRlcjI= twice', 'sent Basic [redacted] twice'],
  ['Cookie: a=hunter2; b=hunter2', 'Cookie: [redacted]'],
  ['password=hunter2', 'password=[redacted]'],
  ['password = hunter2 user = joe', 'password = [redacted] user = joe'],
  ['password: swordfish', 'password: [redacted]'],
  ['password=error', 'password=[redacted]'],
  ['(token=hunter2), path=/x', '(token=[redacted]), path=/x'],
  ['DB_PASSWORD=hunter2 HOME=/root', 'DB_PASSWORD=[redacted] HOME=/root'],
  ['PGPASSWORD=hunter2', 'PGPASSWORD=[redacted]'],
  ['apiKey: hunter2', 'apiKey: [redacted]'],
  ['x-api-key: hunter2', 'x-api-key: [redacted]'],
  ['aws_secret_access_key = hunter2', 'aws_secret_access_key = [redacted]'],
  ['AccountKey=hunter2;Endpoint=x', 'AccountKey=[redacted]'],
  ['map[password:hunter2 user:joe]', 'map[password:[redacted] user:joe]'],
  ['{"username":"joe","password":"hunt\\"er2","x":1}', '{"username":"joe","password":"[redacted]","x":1}'],
  ['{"auths":{"reg.io":{"auth":"aHVudGVy"}}}', '{"auths":{"reg.io":{"auth":"[redacted]"}}}'],
  ['msg="{\\"token\\":\\"hunter2\\"}" n=1', 'msg="{\\"token\\":\\"[redacted]\\"}" n=1'],
  ["{'secret': 'hunter2'}", "{'secret': '[redacted]'}"],
  ['run --password hunter2 --tty', 'run --password [redacted] --tty'],
  ['run --auth-token=hunter2 --tty', 'run --auth-token=[redacted] --tty'],
  ['invalid token "hunter2"', 'invalid token "[redacted]"'],
  ['"password":"hunter2', '"password":"[redacted]'],
  ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl bad', 'jwt [redacted] bad'],
  ['key AKIAIOSFODNN7EXAMPLE denied', 'key [redacted] denied'],
  ['push with ghp_0123456789abcdefABCDEF0123456789abcd', 'push with [redacted]'],
  ['glpat-abcdefghij0123456789', '[redacted]'],
  ['dckr_pat_abcdefgHIJ0123456789', '[redacted]'],
  ['-----BEGIN RSA PRIVATE KEY-----\nMIIhunter2\n-----END RSA PRIVATE KEY----- x', '[redacted] x'],
  ['x -----BEGIN PRIVATE KEY-----\nMIIhunter2', 'x [redacted]'],
  ['value wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY here', 'value [redacted] here'],
  ['value 3q2hB7xKp9ZtLm4VwQ8sYc1NfRj6 here', 'value [redacted] here'],
  ['value 0c1e1a2f5b6d7c8e9fa0b1c2d3e4f5a6b7c8d9e0 here', 'value [redacted] here'],
];

test('what looks like a secret gives way', () => {
  for (const [text, expected] of scrubbed) assert.equal(scrubText(text), expected);
});

test('scrubbing twice is scrubbing once', () => {
  for (const [text] of scrubbed) assert.equal(scrubText(scrubText(text)), scrubText(text));
});

test('a planted secret never survives, whatever is around it', () => {
  const secret = fc.stringMatching(/^Zq[A-Za-z0-9!$*_~-]{4,30}Zq$/);
  const around = fc.stringMatching(/^[a-z0-9 /.:-]{0,40}$/);
  const shapes: readonly ((value: string) => string)[] = [
    (value) => `https://joe:${value}@host/x`,
    (value) => `https://host/x?k=${value}`,
    (value) => `Bearer ${value}`,
    (value) => `reg.io/img:1?x=${value}`,
    (value) => `key=${value}`,
    (value) => `password=${value}`,
    (value) => `api_key: ${value}`,
    (value) => JSON.stringify({ token: value }),
    (value) => JSON.stringify(JSON.stringify({ client_secret: value })),
    (value) => JSON.stringify(JSON.stringify(JSON.stringify({ client_secret: value }))),
    (value) => `joe:${value}@reg.io/img`,
    (value) => `-----BEGIN KEY-----\n${value}\n-----END KEY-----`,
  ];
  fc.assert(
    fc.property(secret, around, around, fc.constantFrom(...shapes), (value, before, after, shape) => {
      assert.ok(!scrubText(`${before} ${shape(value)} ${after}`).includes(value));
    }),
    { numRuns: runs * 3 },
  );
});

test('ids, digests and UUIDs always stay', () => {
  const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`));
  const named = fc.oneof(
    hex(64),
    hex(12),
    hex(32),
    hex(64).map((digest) => `sha256:${digest}`),
    hex(64).map((digest) => `reg.io/a/b:1@sha256:${digest}`),
    fc.uuid(),
  );
  fc.assert(
    fc.property(named, (name) => {
      assert.equal(scrubText(`container "${name}" not found`), `container "${name}" not found`);
    }),
    { numRuns: runs },
  );
});

test('no text throws, and the result has a bound', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      '://',
      '@',
      '"',
      "\\'",
      '\\"',
      'password',
      '=',
      ':',
      'Bearer ',
      '-----BEGIN A-----',
      '?',
      ' ',
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
      const text = pieces.join('');
      assert.ok(scrubText(text).length <= text.length * 12 + 12);
      scrubReference(text);
    }),
    { numRuns: runs },
  );
});

test('long text is cut and says so', () => {
  const text = scrubText('word '.repeat(scrubLimit));
  assert.ok(text.length < scrubLimit + 64);
  assert.match(text, /\[cut at 8192 characters\]$/);
  assert.ok(!scrubText(`${'word '.repeat(scrubLimit / 5 - 1)}https://joe:hunter2@host/`).includes('hunter'));
});

test('time grows with the length only', () => {
  const hostile = [
    'a',
    '"',
    '\\',
    '://',
    'password=',
    'password:"',
    '@',
    'a:',
    '-----BEGIN A-----',
    'Bearer ',
    '-',
    'A1',
    '=>',
    ' ',
    '?',
    'eyJ.',
  ];
  for (const part of hostile) {
    const text = part.repeat(Math.ceil((scrubLimit * 2) / part.length));
    const before = process.hrtime.bigint();
    scrubText(text);
    scrubReference(text);
    const ms = Number(process.hrtime.bigint() - before) / 1e6;
    assert.ok(ms < 250, `${JSON.stringify(part)}: ${ms} ms`);
  }
});

const references: readonly (readonly [string, string])[] = [
  ['', ''],
  ['busybox', 'busybox'],
  ['reg.io:5000/a/b:1.2', 'reg.io:5000/a/b:1.2'],
  [id, id],
  [`sha256:${id}`, `sha256:${id}`],
  [`reg.io/a/b:1@sha256:${id}`, `reg.io/a/b:1@sha256:${id}`],
  ['joe:hunter2@reg.io/a:1', 'reg.io/a:1'],
  ['hunter2@reg.io/a:1', 'reg.io/a:1'],
  ['joe:hun@ter/2@reg.io/a:1', 'reg.io/a:1'],
  ['docker://joe:hunter2@reg.io/a:1', 'docker://reg.io/a:1'],
  [`joe:hunter2@reg.io/a@sha256:${id}`, `reg.io/a@sha256:${id}`],
  ['reg.io/a:1?token=hunter2', 'reg.io/a:1'],
  ['reg.io/a:1#hunter2', 'reg.io/a:1'],
  ['reg.io/a?x=joe@hunter2', 'reg.io/a'],
  [`reg.io/a?token=hunter2@sha256:${id}`, `reg.io/a@sha256:${id}`],
  ['joe:hun?ter2@reg.io/a', '[redacted]'],
  ['[overlay@/srv/root+/srv/run]lab.local/a:9', '[overlay@/srv/root+/srv/run]lab.local/a:9'],
];

test('an image reference keeps name, tag and digest only', () => {
  for (const [text, expected] of references) assert.equal(scrubReference(text), expected);
  assert.ok(scrubReference(`reg.io/${'a'.repeat(referenceLimit)}`).length <= referenceLimit + 8);
  assert.ok(!scrubReference(`joe:hunter2${'a'.repeat(referenceLimit)}@reg.io/a`).includes('hunter2'));
});
