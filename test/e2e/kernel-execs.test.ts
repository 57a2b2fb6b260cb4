import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../src/calls/call.ts';
import type { KernelStory } from '../../src/calls/kernel/story.ts';
import { loadSchema } from '../../src/cri/schema.ts';
import { detectContainerd } from '../../src/demo/containerd.ts';
import { commandDigest } from '../../src/foundation/command-digest.ts';
import { createPipeline } from '../../src/pipeline.ts';
import { watchFamily } from '../source/tap/family-stage.ts';
import { aPod, aStage, callerOf } from '../support/containerd-pods.ts';
import { untilThere } from '../support/until.ts';

const available = await detectContainerd();

test('commands in containers need a real containerd', () => {
  assert.equal(available.kind, 'available', available.kind === 'available' ? '' : available.message);
});

const atOnce = 10;

interface Told {
  readonly call: Call;
  readonly story: KernelStory;
}

const digests = Array.from({ length: atOnce }, (_, index) =>
  commandDigest(['/workload', 'say', `word ${index}`]),
);

test('ten ExecSync at once in one container: each has its own command, and where that is the same none of another', async (t) => {
  const stage = await aStage(t, available);
  const { call, sandbox, container } = callerOf(t, stage);
  const plan = aPod('web');
  const id = await sandbox(plan);
  const web = await container(plan, id, [], {});
  const pipeline = createPipeline({ schema: loadSchema(), full: false });
  /** The last that is said of each call. */
  const told = new Map<number, Told>();
  const family = watchFamily(t, stage.socket, ['process'], {}, {}, (event) => {
    for (const finding of pipeline.push(event))
      if (finding.kind === 'call' && finding.call.rpc === 'ExecSync' && finding.call.kernel !== null)
        told.set(finding.call.stream, { call: finding.call, story: finding.call.kernel });
  });
  const pidsOf = (command: string): Set<number> =>
    new Set(
      family.of('exec').flatMap(({ argv, process }) => (argv.join(' ') === command ? [process.pid] : [])),
    );
  let answered = 0;
  const ask = async (word: (index: number) => string): Promise<readonly Told[]> => {
    await Promise.all(
      Array.from({ length: atOnce }, (_, index) =>
        call('ExecSync', { container_id: web, cmd: ['/workload', 'say', word(index)], timeout: 10 }),
      ),
    );
    // A call is told with its story when something comes later than its last event may.
    await untilThere(
      async () => {
        await call('ListContainers', {});
        return told.size >= answered + atOnce || null;
      },
      () => `the stories of ${atOnce} calls: ${told.size - answered}`,
    );
    const stories = [...told.values()].slice(answered);
    answered = told.size;
    return stories;
  };
  const programs = ({ parts }: KernelStory) => parts.filter(({ what }) => what.kind === 'program');

  const different = await ask((index) => `word ${index}`);
  const owned = different.flatMap(({ call: { facts }, story }) => {
    assert.equal(story.ambiguous, 0);
    for (const { link } of programs(story)) assert.equal(link, 'identity');
    const names = programs(story).map(({ name }) => name);
    assert.equal(names.filter((name) => name === 'runc exec').length, 1, names.join());
    const index = digests.indexOf(facts.commandDigest ?? '');
    // What it ran is what it asked for: the kernel's own word for it.
    const mine = pidsOf(`/workload say word ${index}`);
    assert.equal(mine.size, 1);
    const ran = programs(story).filter(
      ({ what }) => what.kind === 'program' && what.program.kind === 'container',
    );
    assert.deepEqual(
      ran.map(({ pid }) => mine.has(pid)),
      [true],
    );
    return programs(story).map(({ pid }) => pid);
  });
  assert.equal(new Set(owned).size, owned.length);

  const same = await ask(() => 'the same');
  const claimed = same.flatMap(({ story }) => programs(story).map(({ pid }) => pid));
  assert.equal(new Set(claimed).size, claimed.length, 'a process is of two calls');
  for (const { story } of same) {
    const mine = programs(story).filter(({ name }) => name === 'runc exec').length;
    assert.ok(mine === 1 || (mine === 0 && story.ambiguous > 0), `${mine} ${story.ambiguous}`);
  }
  // At least those that were under way together cannot be told apart by what they asked for.
  assert.ok(same.some(({ story }) => story.ambiguous > 0));
});
