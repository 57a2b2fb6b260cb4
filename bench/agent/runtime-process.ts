import { createRuntime, populate } from '../../src/demo/runtime.ts';
import { systemClock } from '../../src/foundation/clock.ts';

// A simulated runtime in a process of its own: `runtime-process.ts SOCKET CONTAINERS`. Sends the containers' ids.

const [socket, containers] = process.argv.slice(2);
if (socket === undefined) throw new Error('usage: runtime-process.ts SOCKET CONTAINERS');
const clock = systemClock();
const image = 'registry.example/load:1';
const runtime = createRuntime({ clock, pace: 0, images: [image] });
populate(runtime.state, Number(containers), { clock, seed: 1, image, annotationBytes: 500 });
await runtime.listen(socket);
process.send?.([...runtime.state.containers.keys()]);
