import { loadSchema } from '../src/cri/schema.ts';
import { gaps, join, numbers, record } from '../test/calls/inference/late-joins.ts';
const schema = loadSchema();
const [, , name = '', stepText = '40', seed = '1', share='0.02'] = process.argv;
const rec = await record(name);
const random = numbers(Number(seed));
let named = 0, right = 0; const worst: [number, string][] = [];
for (let i = 1; i < rec.events.length; i += Number(stepText)) {
  const apart = () => Math.floor(random() * 400);
  const damage = gaps(random() < 0.5 ? 0 : Number(share), random);
  const { calls } = join(rec, i, schema, random, { apart, damage });
  const wrong = new Map<string, number>(); let n = 0;
  for (const call of calls) {
    const t = rec.truth.get(`${call.connection}/${call.stream}`);
    if (!t || call.methodSource !== 'inferred') continue;
    named++; n++;
    if (call.rpc === t.rpc) right++;
    else { const k = `${t.rpc}->${call.rpc}@${call.methodConfidence?.toFixed(3)} ${call.connection}/${call.stream} lost ${call.result.lostBytes} status ${call.result.statusCode} ${JSON.stringify(call.result.request)} ${JSON.stringify(call.result.response)} truth ${t.status} ${t.replied}`; wrong.set(k, (wrong.get(k) ?? 0) + 1); }
  }
  const w = [...wrong.values()].reduce((a, b) => a + b, 0);
  if (w > 0) worst.push([w, `index ${i}: ${w}/${n} ${[...wrong].slice(0, 5).map(([k, v]) => `${k} x${v}`).join(', ')}`]);
}
console.log(name, 'named', named, 'right', (100 * right / named).toFixed(3), 'bad cuts', worst.length);
for (const [, w] of worst.sort((a, b) => b[0] - a[0]).slice(0, 8)) console.log('   ', w);
