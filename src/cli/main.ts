#!/usr/bin/env -S MALLOC_ARENA_MAX=2 node --max-semi-space-size=4 --no-memory-reducer
// How memory is kept is decided before anything runs: by the first line (docs/decisions/memory.md).
import { holdHangups } from './hangup.ts';

// Node opens its inspector on SIGUSR1 while nobody listens for that signal: in a process that may be root this
// must come before anything that takes time to load.
const statusRequests = new Set<() => void>();
const showStatus = () => {
  for (const show of statusRequests) show();
};
process.on('SIGUSR1', showStatus);
process.on('SIGUSR2', showStatus);
const hangups = holdHangups(process);

const { runMain } = await import('./run.ts');
process.exit(await runMain(process, statusRequests, hangups, (code) => process.exit(code)));
