import { spawn } from 'node:child_process';

/** What desktops open addresses with. */
const opener = 'xdg-open';

/** Hands the address to the desktop's browser, which outlives this process. What stood in the way; null: nothing. */
export const openBrowser = (url: string): Promise<string | null> =>
  new Promise((resolve) => {
    const child = spawn(opener, [url], { stdio: 'ignore', detached: true });
    child.once('error', (error) => resolve(`${opener} cannot be run: ${error.message}`));
    child.once('spawn', () => {
      child.unref();
      resolve(null);
    });
  });
