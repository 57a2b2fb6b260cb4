import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Bundles src/web/page/ into dist/page/, whose files the page's server hands out as they are. */
await build({
  root: at('src/web/page'),
  configFile: false,
  logLevel: 'warn',
  publicDir: false,
  build: {
    outDir: at('dist/page'),
    emptyOutDir: true,
    target: 'es2022',
    // Data in the page's own address would need a wider Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
