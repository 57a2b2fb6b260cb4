import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser that the machine has; nothing is downloaded. */
export const openChromium = async (): Promise<Browser> => {
  const executablePath = [process.env.CHROMIUM ?? '', ...places].find(
    (path) => path !== '' && existsSync(path),
  );
  if (executablePath === undefined) throw new Error('chromium is not here: .ci/setup test installs it');
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  });
};
