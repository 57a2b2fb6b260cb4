import { option, optional } from './option.ts';
import { pageListen, path } from './value-types.ts';

/** Where the agent's page is, and who may look at it. */
export const pageOptions = {
  'page-listen': option({
    group: 'page',
    value: pageListen,
    default: '127.0.0.1:9465',
    placeholder: 'address',
    doc: 'Where the agent serves its page: an address of this machine, `unix:///PATH`, or `off`. It names pods, images and errors: beyond the loopback interface it takes a token or certificates.',
    example: '127.0.0.1:9465',
  }),
  'page-token-file': optional({
    group: 'page',
    value: path,
    placeholder: 'file',
    doc: 'File with what whoever looks at the page must know, 16 characters or more: the password that a browser asks for, or a bearer token. Without TLS in front it passes in the clear.',
    example: '/etc/critrace/page.token',
  }),
  'page-certificate': optional({
    group: 'page',
    value: path,
    placeholder: 'file',
    doc: 'Certificate of the page, PEM; with `page-key` and `page-client-ca` it is served by TLS, to clients with a certificate.',
    example: '/etc/critrace/page.pem',
  }),
  'page-key': optional({
    group: 'page',
    value: path,
    placeholder: 'file',
    doc: 'Key of that certificate, PEM.',
    example: '/etc/critrace/page.key',
  }),
  'page-client-ca': optional({
    group: 'page',
    value: path,
    placeholder: 'file',
    doc: 'Authorities that have signed the certificates of those who may look, PEM.',
    example: '/etc/critrace/page-clients.pem',
  }),
} as const;
