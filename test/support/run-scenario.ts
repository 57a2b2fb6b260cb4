/**
 * A process of its own that runs the demo's scenario, to be killed or run with fewer privileges.
 * Arguments: the runtime. Prints `log` lines, then the result as one JSON line.
 */
import { runScenario } from '../../src/demo/scenario.ts';
import { systemClock } from '../../src/foundation/clock.ts';

const [, , wanted] = process.argv;
const runtime = wanted === 'containerd' || wanted === 'simulated' ? wanted : 'auto';
const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());

const write = (line: string): void => void process.stdout.write(`${line}\n`);
const follow = process.env.FOLLOW === '1';

void runScenario({
  runtime,
  clock: systemClock(),
  log: write,
  signal: interrupt.signal,
  follow,
  pace: 0.2,
}).then(({ calls, ...result }) =>
  write(JSON.stringify({ ...result, calls: calls.map(({ method, code }) => `${method} ${code}`) })),
);
