import { readFile } from 'node:fs/promises';
import { ConfigError } from './config/error.ts';
import { type Config, optionOf } from './config/options.ts';
import { isLocal, type PageAddress, parsePageAddress } from './web/address.ts';
import type { MutualTls } from './web/page-server.ts';

/** Where the page is served, and who may look. */
export interface PagePlace {
  readonly address: PageAddress;
  readonly token: string | null;
  readonly tls: MutualTls | null;
}

const leastToken = 16;

type PageFile = 'page-token-file' | 'page-certificate' | 'page-key' | 'page-client-ca';

const contentOf = async (config: Config, name: PageFile): Promise<Buffer> => {
  const path = config[name] ?? '';
  try {
    return await readFile(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`${name}: cannot read "${path}": ${why}`, `--${name} ${optionOf(name).example}`);
  }
};

const tokenOf = async (config: Config): Promise<string | null> => {
  const path = config['page-token-file'];
  if (path === null) return null;
  const token = (await contentOf(config, 'page-token-file')).toString().trim();
  if (token.length >= leastToken) return token;
  throw new ConfigError(
    `page-token-file: what "${path}" holds is shorter than ${leastToken} characters`,
    `head -c 24 /dev/urandom | base64 > ${path}`,
  );
};

const certificates = async (config: Config): Promise<MutualTls | null> => {
  const { 'page-key': key, 'page-certificate': certificate, 'page-client-ca': authorities } = config;
  if (key === null && certificate === null && authorities === null) return null;
  if (key === null || certificate === null || authorities === null) {
    throw new ConfigError(
      'page-certificate, page-key and page-client-ca are given only in part; allowed: all three together',
      '--page-certificate page.pem --page-key page.key --page-client-ca clients.pem',
    );
  }
  return {
    key: await contentOf(config, 'page-key'),
    certificate: await contentOf(config, 'page-certificate'),
    clientAuthorities: await contentOf(config, 'page-client-ca'),
  };
};

/** Null: no page is asked for. Throws ConfigError where what is asked for would be open to others. */
export const placeOf = async (config: Config): Promise<PagePlace | null> => {
  if (config['page-listen'] === 'off') return null;
  const address = parsePageAddress(config['page-listen']);
  if (address === null) {
    throw new ConfigError(
      `page-listen: "${config['page-listen']}" is no address; allowed: HOST:PORT, unix:///PATH, off`,
      '--page-listen 127.0.0.1:9465',
    );
  }
  const token = await tokenOf(config);
  const tls = await certificates(config);
  if (token === null && tls === null && !isLocal(address)) {
    throw new ConfigError(
      `page-listen: on ${config['page-listen']} whoever reaches this machine could look: the page names pods, images and errors; allowed: with a token (page-token-file) or certificates (page-certificate, page-key, page-client-ca), or on 127.0.0.1`,
      '--page-listen 127.0.0.1:9465',
    );
  }
  return { address, token, tls };
};
