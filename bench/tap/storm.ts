import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

// A stand-in for a runtime: `storm.ts SOCKET` listens there and says back what it hears. When it is sent a number, it starts
// as many programs for so many seconds as a runtime does for ten pods a second (29 for each, as was counted of
// containerd with bridge networking), and sends how many that were.

const [socket] = process.argv.slice(2);
if (socket === undefined) throw new Error('usage: storm.ts SOCKET');
createServer((connection) => connection.on('error', () => undefined).pipe(connection)).listen(socket, () =>
  process.send?.('ready'),
);

const loop = `
end=$((\${EPOCHREALTIME/./} + $1 * 1000000)) pods=0
while [ "\${EPOCHREALTIME/./}" -lt "$end" ]; do
  next=$((\${EPOCHREALTIME/./} + 100000))
  for program in {1..29}; do /bin/true; done
  pods=$((pods + 1)) left=$((next - \${EPOCHREALTIME/./}))
  [ "$left" -le 0 ] || read -r -t "$(printf '0.%06d' "$left")" nothing <> <(:)
done
echo "$((29 * pods))"`;

process.on('message', async (seconds) => {
  const pods = spawn('bash', ['-c', loop, 'storm', String(seconds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: Buffer[] = [];
  pods.stdout.on('data', (bytes: Buffer) => said.push(bytes));
  await once(pods, 'close');
  process.send?.(Number(Buffer.concat(said).toString()));
});
