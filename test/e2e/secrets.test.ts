import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { Metadata, status } from '@grpc/grpc-js';
import { criMethods, findMethod } from '../../src/cri/methods.ts';
import { systemClock } from '../../src/foundation/clock.ts';
import { createHttp2Observer } from '../../src/http2/connection.ts';
import { createHttp2Counters } from '../../src/http2/limits.ts';
import type { Http2Observer } from '../../src/http2/observer.ts';
import { createReplay } from '../../src/source/replay.ts';
import { critrace } from '../cli/critrace.ts';
import { encode } from '../cri/arbitrary-message.ts';
import { typesOf } from '../cri/drive.ts';
import { plantedMessage } from '../cri/planted-message.ts';
import { critraceProcess } from '../support/critrace-process.ts';
import { temporaryFolder } from '../support/folder.ts';
import { grpcClient, grpcServer, type Handler } from '../support/grpc.ts';
import { metricsAddressOf } from '../support/metrics-page.ts';
import { otlpBytes } from '../support/otlp-bytes.ts';
import { decodeRequest } from '../support/otlp-receiver.ts';
import { until, untilThere } from '../support/until.ts';

let planted = 0;
const secret = (): string => `SECRET${planted++}z`;

/** Every secret, and where each stands: as text, in base64 at any of its three places, in hexadecimal. */
const forms = /SECRET\d|U0VDUkVU|NFQ1JFV|TRUNSRV|534543524554/i;
const allSecrets = /SECRET(\d+)z/g;

const assertClean = (what: string, bytes: Uint8Array | string): void => {
  const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1');
  const found = forms.exec(text);
  const at = found?.index ?? 0;
  assert.ok(found === null, `${what}: ...${text.slice(Math.max(0, at - 200), at + 60)}...`);
};

/** Free text with secrets as they are met in error messages. */
const freeText = (): string =>
  `pull https://user:${secret()}@registry.io/v2/x?token=${secret()}: Authorization: Bearer ${secret()}abcdefgh ` +
  `password=${secret()} api_key: "${secret()}" refused`;

const metadataOfSecrets = (prefix: string): Metadata => {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${secret()}`);
  metadata.set(`${prefix}-user`, secret());
  metadata.set(`${prefix}-blob-bin`, Buffer.from(secret()));
  metadata.set('baggage', `user=${secret()},session=${secret()};property=${secret()}`);
  return metadata;
};

/** Each method of the CRI, once with a planted reply and once with a planted error. */
const versions = ['runtime.v1', 'runtime.v1alpha2'] as const;
const paths = versions.flatMap((version) =>
  criMethods.map(({ service, rpc }) => `${version}.${service}/${rpc}`).filter((path) => findMethod(path)),
);

const runtimeHandlers = (): Record<string, Handler> =>
  Object.fromEntries(
    paths.map((path): [string, Handler] => [
      `/${path}`,
      (call) => {
        const fails = call.metadata.get('x-fails').length > 0;
        call.sendMetadata(metadataOfSecrets('reply'));
        const trailers = metadataOfSecrets('trailing');
        if (fails) {
          trailers.set('grpc-status-details-bin', Buffer.from(`\x08\x02${freeText()}`));
          call.emit('error', { code: status.ABORTED, details: freeText(), metadata: trailers });
          return;
        }
        call.write(encode(typesOf(path).response, plantedMessage(typesOf(path).response, 8, secret)));
        call.end(trailers);
      },
    ]),
  );

/** Of OTLP's enum. Negotiations are internal spans, calls are not. */
const internal = 1;

const callSpansIn = (text: string): number => (text.match(/"kind":[23],/g) ?? []).length;

/** All that a capture holds, as a reader can have it: messages put together again, and header lists decoded. */
const contentsOf = async (path: string): Promise<string> => {
  const replay = await createReplay({ input: path, pace: null, clock: systemClock() });
  const connections = new Map<number, Http2Observer>();
  const bodies = new Map<string, Buffer[]>();
  const texts: string[] = [];
  for await (const batch of replay.events()) {
    for (const event of batch) {
      if (event.kind === 'open')
        connections.set(
          event.connection,
          createHttp2Observer({ joined: false, counters: createHttp2Counters() }),
        );
      if (event.kind !== 'data') continue;
      texts.push(Buffer.from(event.bytes).toString('latin1'));
      for (const found of connections
        .get(event.connection)
        ?.bytes(event.direction, event.bytes, event.seen) ?? []) {
        if (found.kind === 'headers')
          for (const { name, value } of found.fields)
            texts.push(
              `${String(name)}: ${String(value)} ${Buffer.from(String(value), 'base64').toString('latin1')}`,
            );
        if (found.kind === 'data') {
          const key = `${event.connection} ${found.stream} ${found.direction}`;
          const pieces = bodies.get(key) ?? [];
          pieces.push(Buffer.from(found.bytes));
          bodies.set(key, pieces);
        }
      }
    }
  }
  for (const pieces of bodies.values()) texts.push(Buffer.concat(pieces).toString('latin1'));
  return texts.join('\n');
};

/** What the page answers on its socket; of what has no end, the first event. */
const bodyOf = (socketPath: string, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const asked = request({ socketPath, path, headers: { host: 'localhost' } }, (response) => {
      const endless = response.headers['content-type']?.startsWith('text/event-stream') === true;
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
        if (!endless || !body.includes('data:') || !body.endsWith('\n\n')) return;
        resolve(body);
        asked.destroy();
      });
      response.on('end', () => resolve(body));
    });
    asked.on('error', reject);
    asked.end();
  });

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

test('a secret in any field, header or text shows in no output, but in a capture without --redact', async (t) => {
  const runtime = await grpcServer(t, runtimeHandlers());
  const folder = await temporaryFolder(t);
  const at = (name: string): string => join(folder, name);
  const collector = await otlpBytes(t);
  collector.up = false;

  // One behind the other, all of them in the path of the same calls.
  let next = runtime;
  const inPath = async (name: string, ...args: string[]) => {
    const listen = at(`${name}.sock`);
    const started = critraceProcess(t, [...args, '-r', next, '--listen', listen, '--host-id', 'h']);
    await started.says(/listening on/);
    next = listen;
    return started;
  };
  const processes = {
    record: await inPath('record', 'record', '-o', at('plain.jsonl.gz')),
    redact: await inPath('redact', 'record', '--redact', '-o', at('redacted.jsonl.gz')),
    json: await inPath('json', 'observe', '-o', 'json', '--full'),
    compact: await inPath('compact', 'observe', '-o', 'compact'),
    otlp: await inPath('otlp', 'observe', '-o', 'otlp'),
    agent: await inPath(
      'agent',
      'agent',
      ...['--otlp-endpoint', collector.address, '--spool-dir', at('spool'), '--store-dir', at('store')],
      ...['--log-level', 'debug', '--otlp-delay', '50ms'],
      ...['--metrics-port', '0', '--page-listen', `unix://${at('page.sock')}`],
    ),
  };
  const everyone = Object.values(processes);

  const call = grpcClient(t, next);
  for (const path of paths) {
    const body = encode(typesOf(path).request, plantedMessage(typesOf(path).request, 8, secret));
    const metadata = metadataOfSecrets('x');
    assert.equal((await call(`/${path}`, body, { metadata })).code, 'OK', path);
    metadata.set('x-fails', '1');
    assert.equal((await call(`/${path}`, body, { metadata })).code, 'ABORTED', path);
  }
  const spans = 2 * 2 * paths.length;
  const count = planted;
  assert.ok(count > 5_000, `${count} secrets`);

  const health = (): string[] => processes.agent.stderr().match(/.*"health":.*/g) ?? [];
  const spoolText = (): string =>
    filesIn(at('spool'))
      .map((path) => readFileSync(path, 'latin1'))
      .join('\n');
  // What waits for the collector goes to disk.
  await until(
    () => callSpansIn(spoolText()) >= spans,
    () => `${spans} spans in the spool, ${spoolText().length} bytes are`,
  );
  assertClean('the spool', spoolText());
  processes.agent.child.kill('SIGUSR2');
  await until(() => health().length > 0, 'the counters');

  collector.up = true;
  const delivered = () => collector.requests.flatMap(decodeRequest).filter(({ kind }) => kind !== internal);
  await until(
    () => delivered().length >= spans,
    () => `${spans} spans delivered, ${delivered().length} are`,
  );
  assert.equal(new Set(delivered().map(({ spanId }) => spanId)).size, spans);
  assertClean('OTLP over gRPC', Buffer.concat(collector.requests));

  const metrics = await metricsAddressOf(processes.agent);
  for (const accept of ['text/plain', 'application/openmetrics-text; version=1.0.0']) {
    const text = await (await fetch(`${metrics}/metrics`, { headers: { accept } })).text();
    assert.match(text, /rpc_method="runtime\.v1alpha2\.ImageService\/PullImage"/);
    assertClean(`metrics as ${accept}`, text);
  }
  // What the page is told, and what it is sent while it watches.
  const onPage = (path: string): Promise<string> => bodyOf(at('page.sock'), `/api/${path}`);
  const tracesOnPage = async (): Promise<Set<string>> =>
    new Set(
      [...(await onPage('calls?limit=1000')).matchAll(/"trace":"([0-9a-f]+)"/g)].map(([, id = '']) => id),
    );
  const traces = await untilThere(async () => {
    const found = await tracesOnPage();
    return found.size >= paths.length ? found : null;
  }, `the traces of ${paths.length} calls on the page`);
  for (const path of [
    ...[
      'about',
      'overview',
      'calls?limit=1000',
      'methods',
      'operations',
      'negotiations',
      'symptoms',
      'health',
    ],
    ...[...traces].map((id) => `trace/${id}`),
    'live',
  ]) {
    const body = await onPage(path);
    assert.doesNotMatch(body, /"error":/, path);
    assertClean(`/api/${path} of the page`, body);
  }

  // From the client's end: whoever is further away sees its connections end.
  for (const each of everyone.toReversed()) await each.end('SIGTERM');
  for (const [name, each] of Object.entries(processes)) {
    assertClean(`stdout of ${name}`, each.stdout());
    assertClean(`stderr of ${name}`, each.stderr());
  }
  const seen = (text: string): number => text.split('\n').filter((line) => line.includes('"call"')).length;
  assert.equal(seen(processes.json.stdout().toString()), 2 * paths.length);
  assert.match(processes.json.stdout().toString(), /"full":.*"envs".*\[redacted\]/);
  assert.match(processes.compact.stdout().toString(), /ABORTED/);
  assert.equal(callSpansIn(processes.otlp.stdout().toString()), spans);
  for (const path of [...filesIn(at('store')), ...filesIn(at('spool'))])
    assertClean(path, readFileSync(path));
  assert.equal(
    filesIn(at('store')).reduce((sum, path) => sum + callSpansIn(readFileSync(path, 'utf8')), 0),
    spans,
  );

  assertClean('a redacted capture', await contentsOf(at('redacted.jsonl.gz')));
  for (const args of [
    ['-o', 'json', '--full'],
    ['-o', 'compact'],
    ['-o', 'otlp'],
  ]) {
    const printed = await critrace(['replay', at('plain.jsonl.gz'), ...args]);
    assert.equal(printed.code, 0);
    assertClean(`replay ${args.join(' ')}`, printed.stdout + printed.stderr);
  }
  for (const args of [
    ['stats', at('plain.jsonl.gz')],
    ['stats', at('plain.jsonl.gz'), '--callers', '-o', 'json'],
    ['traces', at('store'), '--last', '1000', '-o', 'json'],
    ['tail', at('store'), '--last', '1000', '-o', 'json'],
    ['tail', at('store'), '--last', '1000'],
    ['trace', '--from', at('store'), '--slowest'],
    ['trace', '--from', at('store'), '--slowest', '-o', 'json'],
  ]) {
    const printed = await critrace(args);
    assert.equal(printed.code, 0, printed.stderr);
    assert.ok(printed.stdout.length > 0);
    assertClean(args.join(' '), printed.stdout + printed.stderr);
  }
  const replayed = await critrace(['replay', at('redacted.jsonl.gz'), '-o', 'json', '--full']);
  assert.equal(seen(replayed.stdout), 2 * paths.length);
  assertClean('the redacted capture replayed', replayed.stdout + replayed.stderr);

  // The one exception, which also shows that the search would have found them.
  const whole = new Set(
    [...(await contentsOf(at('plain.jsonl.gz'))).matchAll(allSecrets)].map(([, n]) => Number(n)),
  );
  assert.equal(whole.size, count);
  for (const name of ['plain.jsonl.gz', 'redacted.jsonl.gz'])
    assert.equal(statSync(at(name)).mode & 0o777, 0o600, name);
});
