import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { nanosPerMillisecond } from '../../src/foundation/time.ts';
import { systemTimers } from '../../src/foundation/timers.ts';
import { createManualClock } from '../support/manual-clock.ts';

/** Node's own timers, and the clock with them, put forward a millisecond at a time; what has run, with when. */
const stage = (t: TestContext) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const clock = createManualClock();
  const timers = systemTimers(clock);
  const ran: string[] = [];
  let now = 0;
  return {
    timers,
    ran,
    note: (name: string) => () => ran.push(`${name} at ${now}`),
    pass(ms: number) {
      for (let passed = 0; passed < ms; passed++) {
        now += 1;
        clock.advance(nanosPerMillisecond);
        t.mock.timers.tick(1);
      }
    },
    /** Time passes, and the event loop notices nothing of it. */
    stall(ms: number) {
      now += ms;
      clock.advance(BigInt(ms) * nanosPerMillisecond);
      t.mock.timers.tick(ms);
    },
  };
};

test('a delay alone ends when it is over, a long one at most a quarter later', (t) => {
  const { timers, ran, note, pass } = stage(t);
  timers.after(5, note('short'));
  pass(5);
  timers.after(250, note('pace'));
  pass(250);
  timers.after(1000, note('beat'));
  pass(1250);
  assert.deepEqual(ran, ['short at 5', 'pace at 255', 'beat at 1505']);
});

test('delays that end at about the same time end together', (t) => {
  const { timers, ran, note, pass } = stage(t);
  const paced = (): void => {
    note('pace')();
    timers.after(250, paced);
  };
  timers.after(250, paced);
  pass(3);
  timers.after(1000, note('beat'));
  timers.after(470, note('export'));
  pass(1100);
  assert.deepEqual(ran, [
    'pace at 250',
    'export at 473',
    'pace at 473',
    'pace at 723',
    'beat at 973',
    'pace at 973',
  ]);
});

test('what is taken back does not run, also when what ran at the same moment takes it back', (t) => {
  const { timers, ran, note, pass } = stage(t);
  timers.after(100, note('never'))();
  const cancels: (() => void)[] = [];
  timers.after(200, () => {
    for (const cancel of cancels) cancel();
  });
  cancels.push(timers.after(201, note('never')));
  timers.after(300, note('later'));
  pass(400);
  assert.deepEqual(ran, ['later at 300']);
});

test('a delay that is begun by one that is over counts from then on', (t) => {
  const { timers, ran, note, pass } = stage(t);
  timers.after(10, () => timers.after(10, note('second')));
  pass(100);
  assert.deepEqual(ran, ['second at 20']);
});

test('how late the event loop comes is told, and no more once nobody asks', (t) => {
  const { timers, note, pass, stall } = stage(t);
  const late: bigint[] = [];
  const unwatch = timers.watchLateness((ns) => late.push(ns / nanosPerMillisecond));
  timers.after(100, note('one'));
  pass(100);
  timers.after(100, note('two'));
  stall(450);
  unwatch();
  timers.after(100, note('three'));
  stall(300);
  assert.deepEqual(late, [0n, 350n]);
});
