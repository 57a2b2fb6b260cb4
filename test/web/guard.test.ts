import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isLocal, parsePageAddress } from '../../src/web/address.ts';
import { type Access, type Asked, refusalOf } from '../../src/web/guard.ts';

const local: Access = { kind: 'local' };
const asked = (changes: Partial<Asked> = {}): Asked => ({
  method: 'GET',
  path: '/api/calls',
  host: '127.0.0.1:9465',
  origin: undefined,
  site: undefined,
  authorization: undefined,
  ...changes,
});
const status = (changes: Partial<Asked>, access: Access = local, takesPosts = false): number | null =>
  refusalOf(asked(changes), access, takesPosts)?.status ?? null;

describe('who is answered', () => {
  it('by a name of this machine, whatever the port', () => {
    for (const host of ['127.0.0.1:9465', 'localhost:1', 'LOCALHOST', '[::1]:9465', '127.8.8.8:80'])
      assert.equal(status({ host }), null, host);
    for (const host of [
      'evil.example',
      'evil.example:9465',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '10.0.0.7:9465',
      '[fe80::1]:9465',
      '',
      'a:b:c',
      undefined,
    ])
      assert.equal(status({ host }), 403, String(host));
  });
  it('a page of another origin gets nothing', () => {
    assert.equal(status({ origin: 'http://127.0.0.1:9465' }), null);
    for (const origin of ['http://evil.example', 'http://127.0.0.1:8080', 'null', 'file://'])
      assert.equal(status({ origin }), 403, origin);
    for (const site of ['cross-site', 'same-site']) assert.equal(status({ site }), 403, site);
    for (const site of ['same-origin', 'none']) assert.equal(status({ site }), null, site);
  });
  it('a link from elsewhere may open the page itself', () => {
    assert.equal(status({ path: '/', site: 'cross-site' }), null);
  });
  it('it is only looked at', () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'CONNECT'])
      assert.equal(status({ method }), 405, method);
    assert.equal(status({ method: 'HEAD' }), null);
  });
  it('a capture is taken from the page alone, and only where captures are taken', () => {
    const post = { method: 'POST', path: '/api/captures' };
    const own = { ...post, origin: 'http://127.0.0.1:9465', site: 'same-origin' };
    assert.equal(status(own, local, true), null);
    assert.equal(status(own, local, false), 405);
    assert.equal(status(post, local, true), 403);
    assert.equal(status({ ...own, origin: 'http://evil.example' }, local, true), 403);
    assert.equal(status({ ...own, path: '/api/calls' }, local, true), 405);
  });
  it('with a token any name is right, and nobody gets in without', () => {
    const token: Access = { kind: 'token', token: 'a-long-enough-secret' };
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
    const host = 'node-7.example:9465';
    for (const authorization of ['Bearer a-long-enough-secret', basic('me:a-long-enough-secret')])
      assert.equal(status({ host, authorization }, token), null, authorization);
    for (const authorization of [
      undefined,
      '',
      'Bearer',
      'Bearer a-long-enough-secre',
      'Bearer a-long-enough-secret2',
      basic('a-long-enough-secret:'),
      'Digest a-long-enough-secret',
    ])
      assert.equal(status({ host, authorization }, token), 401, String(authorization));
    // A browser that another page drives does not send it to the right name by itself.
    assert.equal(
      status({ host, authorization: 'Bearer a-long-enough-secret', origin: 'http://evil.example' }, token),
      403,
    );
  });
});

it('addresses are read, and which of them only this machine reaches', () => {
  for (const [text, is] of [
    ['127.0.0.1:9465', true],
    ['localhost:9465', true],
    ['[::1]:9465', true],
    ['unix:///run/critrace/page.sock', true],
    ['unix:/run/critrace/page.sock', true],
    ['0.0.0.0:9465', false],
    ['[::]:9465', false],
    ['192.168.1.7:80', false],
    ['node-7:80', false],
  ] as const) {
    const address = parsePageAddress(text);
    assert.ok(address !== null, text);
    assert.equal(isLocal(address), is, text);
  }
  for (const text of ['', '9465', '127.0.0.1', '127.0.0.1:70000', 'http://127.0.0.1:9465', 'unix:page.sock'])
    assert.equal(parsePageAddress(text), null, text);
});
