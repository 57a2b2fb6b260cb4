import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { madeFiles } from './files.ts';

for (const [file, text] of madeFiles()) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
