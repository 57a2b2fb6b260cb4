import { createFakeCollector, spansOf, startSpool, unavailable } from './a-spool.ts';

/** A process to be killed: 60 spans old enough to be on disk, 6 that are not, and then it waits. */
const [directory] = process.argv.slice(2);
const collector = createFakeCollector();
collector.answer = unavailable;
const { spool, timers } = await startSpool(directory ?? '', {}, collector);
for (let n = 0; n < 30; n++) spool.offer(spansOf(n));
await timers.advance(900);
for (let n = 30; n < 33; n++) spool.offer(spansOf(n));
process.stdout.write('offered\n');
setInterval(() => {}, 1_000);
