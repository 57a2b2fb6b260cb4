import { createHash, timingSafeEqual } from 'node:crypto';
import { isLoopbackHost } from './address.ts';

/** Who may look. `local`: whoever reaches the loopback interface or the socket's file. */
export type Access =
  | { readonly kind: 'local' }
  | { readonly kind: 'token'; readonly token: string }
  /** The TLS layer has checked the client's certificate. */
  | { readonly kind: 'certificate' };

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Sec-Fetch-Site`, which every present browser sends. */
  readonly site: string | undefined;
  readonly authorization: string | undefined;
}

export interface Refusal {
  readonly status: 401 | 403 | 405;
  readonly why: string;
}

const hostName = (host: string): string =>
  (/^\[([^\]]+)\](?::\d+)?$/.exec(host)?.[1] ?? /^([^:]+)(?::\d+)?$/.exec(host)?.[1] ?? '').toLowerCase();

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** `Bearer TOKEN`, or what a browser sends when it has asked for a password: the token, with any name. */
const tokenOf = (authorization: string): string | null => {
  const [scheme = '', credentials = ''] = authorization.split(' ');
  if (/^bearer$/i.test(scheme)) return credentials;
  if (!/^basic$/i.test(scheme)) return null;
  const pair = Buffer.from(credentials, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1);
};

const isTokenRight = (authorization: string | undefined, token: string): boolean => {
  const given = authorization === undefined ? null : tokenOf(authorization);
  return given !== null && timingSafeEqual(digest(given), digest(token));
};

/**
 * Null: it may be answered. A page of another origin that a browser on this machine shows must get nothing, whatever
 * name it has made the resolver give for this address (DNS rebinding): the names are checked, not where the request
 * came from. Any port is right, for a forwarded one may have another number.
 */
export const refusalOf = (asked: Asked, access: Access, takesPosts: boolean): Refusal | null => {
  const { method, path, host, origin, site } = asked;
  const reads = method === 'GET' || method === 'HEAD';
  if (!reads && !(takesPosts && method === 'POST' && path === '/api/captures'))
    return { status: 405, why: 'this page only shows: GET and HEAD are answered' };
  if (host === undefined) return { status: 403, why: 'the request names no host' };
  if (access.kind === 'local' && !isLoopbackHost(hostName(host)))
    return { status: 403, why: `"${host}" is no name of this machine's own: use 127.0.0.1 or localhost` };
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`)
    return { status: 403, why: 'the request comes from a page of another origin' };
  // A link from elsewhere may open the page; what is on it is only for itself.
  if (path.startsWith('/api/') && site !== undefined && site !== 'same-origin' && site !== 'none')
    return { status: 403, why: 'the request comes from a page of another site' };
  if (!reads && origin === undefined && site === undefined)
    return { status: 403, why: 'what is sent here must come from the page itself' };
  if (access.kind === 'token' && !isTokenRight(asked.authorization, access.token))
    return { status: 401, why: 'a token is needed' };
  return null;
};

/** On every answer. Nothing may be loaded from elsewhere, and nothing elsewhere may show or read the page. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
