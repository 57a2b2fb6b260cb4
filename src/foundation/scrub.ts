import { isSecretLooking, isSecretName } from './secret.ts';

/** Characters of free text that are looked at; the rest is dropped, and the text says so. */
export const scrubLimit = 8_192;

/** Characters of an image reference; the longest valid one (host, path, tag, digest) has under 600. */
export const referenceLimit = 1_024;

const redacted = '[redacted]';

const digestAhead = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-fA-F]{32,}/;

/** The last `@` of `text` that does not begin a digest, or -1. */
const lastUserinfoAt = (text: string): number => {
  let at = text.lastIndexOf('@');
  while (at > 0 && digestAhead.test(text.slice(at + 1, at + 256))) at = text.lastIndexOf('@', at - 1);
  return at > 0 || (at === 0 && !digestAhead.test(text.slice(1, 256))) ? at : -1;
};

/** Also without its END, so that a text that was cut does not show half a key. */
const pem = /-----BEGIN [A-Z0-9 ]{1,64}-----[\s\S]*?(?:-----END [A-Z0-9 ]{1,64}-----|$)/g;

const isUrlEnd = (text: string, at: number, quote: string): boolean => {
  const char = text.charAt(at);
  if (/[\s"<>`]/.test(char) || (char === "'" && quote === "'")) return true;
  if (char !== '\\') return false;
  let next = at + 1;
  while (text.charAt(next) === '\\') next++;
  return text.charAt(next) === '"' || text.charAt(next) === "'";
};

/** What stands after `://`: userinfo, query and fragment give way; a sentence's own punctuation after it stays. */
const scrubUrlRest = (whole: string): string => {
  const known = whole.lastIndexOf(redacted);
  const tail = /[.,;:)\]}']{0,8}$/.exec(known < 0 ? whole : whole.slice(known + redacted.length))?.[0] ?? '';
  const rest = whole.slice(0, whole.length - tail.length);
  const query = rest.search(/[?#]/);
  const at = lastUserinfoAt(rest);
  // An `@` behind a `?` is part of the query, unless what is before cannot be a host: a password may hold a `?`.
  const isUserinfo =
    at >= 0 && (query < 0 || at < query || !/^[\w.-]+(?::\d+)?(?:\/|$)/.test(rest.slice(0, query)));
  const from = isUserinfo ? at + 1 : 0;
  const mark = rest.slice(from).search(/[?#]/);
  const kept = mark < 0 ? rest.slice(from) : rest.slice(from, from + mark);
  const asked = mark < 0 || mark === rest.length - from - 1 ? '' : `${rest.charAt(from + mark)}${redacted}`;
  return `${isUserinfo ? `${redacted}@` : ''}${kept}${asked}${tail}`;
};

const scrubUrls = (text: string): string => {
  let out = '';
  let done = 0;
  for (let mark = text.indexOf('://'); mark >= 0; mark = text.indexOf('://', done)) {
    const scheme = /[a-z][a-z0-9+.-]{0,31}$/i.exec(text.slice(Math.max(done, mark - 32), mark))?.[0] ?? '';
    const quote = text.charAt(mark - scheme.length - 1);
    let end = mark + 3;
    while (end < text.length && !isUrlEnd(text, end, quote)) end++;
    out += text.slice(done, mark + 3) + scrubUrlRest(text.slice(mark + 3, end));
    done = end;
  }
  return out + text.slice(done);
};

/** First words of error texts that follow `token:` or `authorization:` in prose. No secret is one of them. */
const prose = new Set(
  `access an and authentication authorization cannot challenge connection context could couldn credentials denied dial
  does empty eof error expected expired expires failed failure fetch forbidden get getting got has have head http https
  if in incorrect insufficient insufficient_scope internal invalid io is it malformed may message missing must net no
  none not null of on open operation or parse permission post put read received refused rejected request required
  resolve response rpc scheme server should status the this timeout tls to token unable unauthorized undefined
  unexpected unknown unsupported verification verify was while with write wrong x509`.split(/\s+/),
);

/** Also an HTTP status: `token: 401 Unauthorized`. */
const isProse = (word: string): boolean => prose.has(word.toLowerCase()) || /^[45][0-9]{2}$/.test(word);

const separator = /\\*["'`]?[ \t]{0,8}(?::=|=>|[:=])[ \t]{0,8}/y;
const spaceBefore = /[ \t]{1,8}/y;
const opening = /\\*["'`]/y;
const scheme = /(?:bearer|basic|digest|negotiate|token|apikey|aws4-hmac-sha256)[ \t]{1,8}(?=\S)/iy;
const bare = /[^\s"'`\\<>]+/y;
const firstWord = /[A-Za-z0-9_]+/y;
/** With the quoted values of parameters in it: `Digest username="a", response="b"`. */
const line = /(?:[:=][ \t]{0,8}\\*"[^"\r\n]*"?|[^\r\n"`])+/y;

const matchAt = (pattern: RegExp, text: string, at: number): string => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
};

/** End of a quoted value whose opening quote (with its backslashes, when it is quoted text in quoted text) ends at `from`. */
const closingQuote = (text: string, quote: string, from: number): number => {
  const backslashes = quote.length - 1;
  for (let at = text.indexOf(quote.slice(-1), from); at >= 0; at = text.indexOf(quote.slice(-1), at + 1)) {
    let run = 0;
    while (run <= backslashes + 1 && at - run > from && text.charAt(at - run - 1) === '\\') run++;
    if (run <= backslashes && (backslashes > 0 || run % 2 === 0)) return at - run;
  }
  return text.length;
};

/** Length of the secret at `at`, 0 when there is none: a quoted text, a list, or a word with the scheme before it. */
const valueLength = (text: string, at: number, inProse: boolean, wholeLine: boolean): number => {
  if (text.startsWith(redacted, at)) return 0;
  const quote = matchAt(opening, text, at);
  if (quote !== '') return 0;
  const named = matchAt(scheme, text, at);
  const start = at + named.length;
  if (text.startsWith(redacted, start) || text.charAt(start) === '{') return 0;
  const word = matchAt(firstWord, text, start);
  const value = matchAt(wholeLine ? line : bare, text, start);
  if (
    inProse &&
    isProse(word) &&
    (value.length === word.length || /^[\s:,;.)]/.test(value.slice(word.length)))
  )
    return 0;
  const trimmed = value.replace(/[,;:.)\]}]{1,8}$/, '');
  return trimmed === '' ? 0 : named.length + trimmed.length;
};

const nameOrScheme = /[A-Za-z0-9_.-]+/g;
const authenticates = /^(?:bearer|basic)$/i;
const bareKey = /^key$/i;
const spansLine = /^(?:proxy-)?authorization$|cookie$/i;
const takesQuoted = /^(?:password|passwd|passphrase|token)$/i;

/** What stands between the name that ends at `after` and its secret; empty when none follows. */
const between = (name: string, text: string, after: number): string => {
  const isScheme = authenticates.test(name);
  const isSecret = isScheme || isSecretName(name) || (bareKey.test(name) && text.charAt(after) === '=');
  if (!isSecret) return '';
  const found = matchAt(separator, text, after);
  if (found !== '') return found;
  const space = matchAt(spaceBefore, text, after);
  if (isScheme || name.startsWith('--')) return space;
  return takesQuoted.test(name) && matchAt(opening, text, after + space.length) !== '' ? space : '';
};

/** `basic authentication`, not `Basic am9lOg==`. */
const isPlainWord = (text: string, at: number): boolean =>
  /^[A-Za-z]?[a-z]*[,;:.)]?$/.test(matchAt(bare, text, at));

/** Values behind a telling name: `key=value`, `key: value`, `"key":"value"`, `--key value`, `Bearer value`. */
const scrubLabelled = (text: string): string => {
  let out = '';
  let done = 0;
  const names = new RegExp(nameOrScheme);
  for (let found = names.exec(text); found !== null; found = names.exec(text)) {
    const name = found[0];
    const after = found.index + name.length;
    const gap = between(name, text, after);
    if (gap === '') continue;
    const quote = matchAt(opening, text, after + gap.length);
    const from = after + gap.length + quote.length;
    let length = 0;
    if (quote !== '') length = text.startsWith(redacted, from) ? 0 : closingQuote(text, quote, from) - from;
    else if (!/^basic$/i.test(name) || !isPlainWord(text, from))
      length = valueLength(text, from, /[ \t]$/.test(gap) && !gap.includes('='), spansLine.test(name));
    if (length === 0) continue;
    out += text.slice(done, from) + redacted;
    done = from + length;
    names.lastIndex = done;
  }
  return out + text.slice(done);
};

/** `user:password@host/path?query` without a scheme, as in image references and data source names. */
const scrubSchemeless = (word: string): string => {
  if (word.includes('://')) return word;
  const at = word.startsWith(redacted) ? -1 : lastUserinfoAt(word);
  const host = at >= 0 && word.lastIndexOf(':', at) >= 0 ? `${redacted}${word.slice(at)}` : word;
  const query = host.indexOf('?');
  return query > 0 && host.includes('=', query) ? `${host.slice(0, query)}?${redacted}` : host;
};

/** A commit's hash as an image's tag is 40 hex digits long, and no secret. */
const isTag = (word: string, before: string): boolean => before === ':' && /^[0-9a-f]{40}$/.test(word);

/**
 * Free text of a peer (`grpc-message` and the like) without what looks like a secret: PEM blocks, userinfo and
 * queries of URLs, values behind telling names, tokens of known shape, long random strings. Ids, digests, UUIDs,
 * names and paths stay. Each pass is linear.
 */
export const scrubText = (text: string): string => {
  if (text === '') return text;
  const input = text.length > scrubLimit ? text.slice(0, scrubLimit) : text;
  let scrubbed = input.includes('-----BEGIN') ? input.replace(pem, redacted) : input;
  if (scrubbed.includes('://')) scrubbed = scrubUrls(scrubbed);
  scrubbed = scrubLabelled(scrubbed);
  if (/[@?]/.test(scrubbed)) scrubbed = scrubbed.replace(/[^\s"'`<>()]+/g, scrubSchemeless);
  scrubbed = scrubbed.replace(/[A-Za-z0-9_+/=.~-]{16,}/g, (word, at: number) =>
    isSecretLooking(word) && !isTag(word, scrubbed.charAt(at - 1)) ? redacted : word,
  );
  if (input === text) return scrubbed;
  // The last word may be half a secret, too short to be known as one.
  const word = Math.max(scrubbed.lastIndexOf(' '), scrubbed.lastIndexOf('\n'), scrubbed.length - 256);
  return `${scrubbed.slice(0, word + 1)}[cut at ${scrubLimit} characters]`;
};

const trailingDigest = /@[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-fA-F]{32,128}$/;

/** CRI-O's storage transport: `[overlay@/graph/root+/run/root]name:tag`. */
const storagePrefix = /^\[[a-z0-9]+@\/[^\]\s]*\]/;

/** An image reference without userinfo, query and fragment; tag and digest stay. */
export const scrubReference = (text: string): string => {
  const cut = text.length > referenceLimit;
  const whole = cut ? text.slice(0, referenceLimit) : text;
  const prefix = storagePrefix.exec(whole)?.[0] ?? /^[a-z][a-z0-9+.-]{0,31}:\/\//i.exec(whole)?.[0] ?? '';
  const digest = trailingDigest.exec(whole)?.[0] ?? '';
  const name = whole.slice(prefix.length, whole.length - digest.length);
  const query = name.search(/[?#]/);
  const at = name.lastIndexOf('@');
  if (cut && at < 0 && name.includes(':')) return `${redacted}[cut]`;
  // Behind a `?` an `@` ends a password or belongs to the query: only a host before it decides for the query.
  if (query >= 0 && at > query && !/^[\w.-]+(?::\d+)?\//.test(name)) return `${prefix}${redacted}${digest}`;
  const kept = query >= 0 ? name.slice(0, query) : name;
  return `${prefix}${kept.slice(kept.lastIndexOf('@') + 1)}${digest}${cut ? '[cut]' : ''}`;
};
