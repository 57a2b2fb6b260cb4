import assert from 'node:assert/strict';
import { it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { builtPage, loadAssets } from '../../src/web/assets.ts';

const most = 150 * 1024;

it('the built page is at most 150 KiB compressed, names nobody else, and runs nothing that stands in its HTML', async () => {
  const assets = await loadAssets(builtPage);
  const html = assets.get('/')?.body.toString('utf8') ?? assert.fail('not built: npm run build');
  let bytes = 0;
  for (const [path, { body, lasting }] of assets) {
    if (path === '/') continue;
    assert.equal(lasting, path !== '/index.html', path);
    bytes += gzipSync(body).length;
    // Names of XML are no addresses that anybody asks.
    const text = body.toString('utf8').replaceAll(/http:\/\/www\.w3\.org\/[\w/]+/g, '');
    for (const [address] of text.matchAll(/https?:\/\/[\w.-]+/g))
      assert.match(address, /^http:\/\/localhost/, `${path} names ${address}`);
  }
  assert.ok(bytes <= most, `${bytes} bytes`);
  assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)|<style|\son\w+=|\sstyle=/);
});
