export type PageAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** `127.0.0.1:9465`, `[::1]:9465`, `unix:///run/critrace/page.sock`; null: none of them. */
export const parsePageAddress = (text: string): PageAddress | null => {
  const unix = /^unix:(?:\/\/)?(\/.+)$/.exec(text)?.[1];
  if (unix !== undefined) return { kind: 'unix', path: unix };
  const [, bracketed, bare, port] = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i.exec(text) ?? [];
  const host = bracketed ?? bare;
  const number = Number(port);
  return host === undefined || !(number <= 65_535) ? null : { kind: 'tcp', host, port: number };
};

/** Names and addresses by which only this machine is reached. */
export const isLoopbackHost = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);

/** Whom the address lets in without more: processes of this machine, or whoever may open the socket's file. */
export const isLocal = (address: PageAddress): boolean =>
  address.kind === 'unix' || isLoopbackHost(address.host);
