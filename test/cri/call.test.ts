import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createCriCalls } from '../../src/cri/call.ts';
import { createCriCounters, defaultCriLimits } from '../../src/cri/limits.ts';
import { encode } from './arbitrary-message.ts';
import { run, schema, send, start, typesOf } from './drive.ts';

const list = 'runtime.v1.RuntimeService/ListContainers';
const containers = encode(typesOf(list).response, {
  containers: Array.from({ length: 50 }, (_, i) => ({ id: `c${i}`, metadata: { name: `n${i}` } })),
});

describe('a CRI call', () => {
  it('is none on a path that is not of the CRI', () => {
    const counters = createCriCounters();
    for (const path of ['/grpc.health.v1.Health/Check', '/runtime.v1.RuntimeService/Nonsense', '', '/']) {
      assert.equal(createCriCalls({ full: false, schema, counters })(path), null);
    }
  });

  it('takes v1alpha2 by the same rows, with the leading slash', () => {
    const call = start('/runtime.v1alpha2.RuntimeService/ListContainers');
    send(call, 'response', containers);
    assert.equal(call.finish().facts.items, 50);
  });

  it('gives the same in pieces, compressed, and in one', () => {
    const whole = start(list);
    send(whole, 'response', containers);
    for (const [bytes, options] of [
      [containers, { size: 1 }],
      [containers, { size: 7 }],
      [gzipSync(containers), { size: 20, compressed: true }],
    ] as const) {
      const call = start(list);
      send(call, 'response', bytes, options);
      assert.deepEqual(call.finish(), whole.finish());
    }
  });

  it('reads an empty message', () => {
    const counters = createCriCounters();
    const { facts, brokenMessages, kept } = run('RuntimeService/ListContainers', {}, [{}], { counters });
    assert.equal(facts.items, 0);
    assert.equal(brokenMessages, 0);
    assert.deepEqual(kept, { request: {}, response: [{}] });
    assert.equal(counters.messages, 2);
  });

  it('may be asked before its end and again after it', () => {
    const path = 'runtime.v1.RuntimeService/CreateContainer';
    const call = start(path);
    assert.equal(call.finish().facts.sandboxId, null);
    send(call, 'request', encode(typesOf(path).request, { pod_sandbox_id: 's1' }));
    assert.equal(call.finish().facts.sandboxId, 's1');
    assert.deepEqual(call.finish(), call.finish());
    send(call, 'response', encode(typesOf(path).response, { container_id: 'c1' }));
    assert.equal(call.finish().facts.containerId, 'c1');
  });

  it('bounds the items of all messages together, and counts them all', () => {
    const limits = { ...defaultCriLimits, maxItems: 3 };
    const counters = createCriCounters();
    const message = { containers: [{ id: 'a' }, { id: 'b' }] };
    const { facts, kept } = run('RuntimeService/StreamContainers', {}, [message, message, message], {
      limits,
      counters,
    });
    assert.equal(facts.items, 6);
    assert.deepEqual(kept.response, [
      { containers: [{ id: 'a' }, { id: 'b' }] },
      { containers: [{ id: 'a' }] },
      { containers: [] },
    ]);
    assert.equal(counters.overItems, 3);
  });

  it('only counts items where that is all that is wanted', () => {
    const counters = createCriCounters();
    const call = start(list, { keepItems: false, counters });
    send(call, 'response', containers, { size: 64 });
    const { facts, kept } = call.finish();
    assert.equal(facts.items, 50);
    assert.deepEqual(kept.response, [{}]);
    assert.equal(counters.overItems, 0);
  });

  it('goes on counting a stream whose messages are no longer kept', () => {
    const limits = { ...defaultCriLimits, maxKeptMessages: 2 };
    const counters = createCriCounters();
    const event = { container_id: 'c', container_event_type: 'CONTAINER_STOPPED_EVENT' };
    const reading = run('RuntimeService/GetContainerEvents', {}, Array(5).fill(event), { limits, counters });
    assert.equal(reading.facts.values['events.stopped'], 5);
    assert.equal(reading.kept.response.length, 2);
    assert.equal(counters.overKeptMessages, 3);
  });
});

describe('a message that breaks off', () => {
  const piece = (bytes: Uint8Array, offset: number, length: number) => ({
    bytes,
    offset,
    length,
    last: offset + bytes.length === length,
    compressed: false,
  });

  it('keeps what was read before, and the next message is read', () => {
    const path = 'runtime.v1.RuntimeService/StreamContainers';
    const counters = createCriCounters();
    const call = start(path, { counters });
    const one = encode(typesOf(path).response, { containers: [{ id: 'a' }] });
    call.message('response', piece(Buffer.concat([one, one]).subarray(0, one.length + 2), 0, 2 * one.length));
    call.broken('response');
    send(call, 'response', one);
    const { facts, brokenMessages, kept } = call.finish();
    assert.deepEqual(kept.response, [{ containers: [{ id: 'a' }] }, { containers: [{ id: 'a' }] }]);
    assert.equal(facts.items, 3);
    assert.equal(brokenMessages, 1);
    assert.equal(counters.broken, 1);
  });

  it('is broken when a piece is missing, and the rest of it is passed over', () => {
    const call = start(list);
    call.message('response', piece(containers.subarray(0, 20), 0, containers.length));
    call.message('response', piece(containers.subarray(30), 30, containers.length));
    const { brokenMessages } = call.finish();
    assert.equal(brokenMessages, 1);
  });

  it('passes over a message whose beginning was not seen', () => {
    const call = start(list);
    call.message('response', piece(containers.subarray(30), 30, containers.length));
    send(call, 'response', containers);
    assert.equal(call.finish().facts.items, 50);
  });

  it('is broken when it is compressed by something else, or holds something else', () => {
    for (const bytes of [Buffer.from('not gzip'), gzipSync(Buffer.from([0x0b]))]) {
      const counters = createCriCounters();
      const call = start(list, { counters });
      send(call, 'response', bytes, { compressed: true, size: 3 });
      assert.equal(call.finish().brokenMessages, 1);
      assert.equal(counters.compressed, 1);
      send(call, 'response', containers);
      assert.equal(call.finish().facts.items, 50);
    }
  });

  it('is broken without a piece of it seen', () => {
    const call = start(list);
    call.broken('request');
    assert.equal(call.finish().brokenMessages, 1);
  });
});
