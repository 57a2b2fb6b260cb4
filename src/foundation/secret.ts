/** Names that say that a secret follows, as one word or as part of `snake_case`, `kebab-case` or `camelCase`. */
const secretWords = new Set(
  'auth authorization cookie cookies cred creds credential credentials jwt otp pass passphrase passwd password passwords pwd sas session sessionid sig signature'.split(
    ' ',
  ),
);

/** With `key` after them: `api_key`, `accessKey`, `PRIVATE-KEY`. */
const secretKeys = new Set(
  'access account api auth encryption master private secret shared signing ssh storage'.split(' '),
);

/** Telling enough wherever they stand: `PGPASSWORD`, `dbpasswd`, `authtoken`. */
const secretParts = /passw|passphrase|secret|token|api-?key|apikey|credential|privatekey|accesskey|authkey/;

/** Longer names are cut: no name that people give to a secret comes near. */
const nameLimit = 128;

/** Does a key of this name usually hold a secret? */
export const isSecretName = (name: string): boolean => {
  const cut = name.slice(-nameLimit);
  const lower = cut.toLowerCase();
  if (secretParts.test(lower)) return true;
  const words = cut
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some(
    (word, at) => secretWords.has(word) || (word === 'key' && at > 0 && secretKeys.has(words[at - 1] ?? '')),
  );
};

/** Tokens that carry their issuer's mark: JWT, AWS, GitHub, GitLab, Docker Hub, Slack, Google, npm, PyPI, Vault, EKS, Stripe. */
const marked =
  /^(?:eyJ[\w-]{8,}(?:\.[\w-]*){0,4}|A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{12,}|gh[pousr]_\w{8,}|github_pat_\w{8,}|gl(?:pat|dt|rt|ptt|ft|soat|cbt|oas)-[\w.-]{8,}|dckr_[po]at_[\w-]{8,}|xox[a-z]-[\w-]{8,}|AIza[\w-]{20,}|ya29\.[\w-]{8,}|npm_\w{8,}|pypi-[\w-]{8,}|hv[sb]\.[\w-]{8,}|k8s-aws-v1\.[\w-]{8,}|[rs]k_(?:live|test)_\w{8,}|sk-[\w-]{20,}|SG\.[\w-]{8,}\.[\w-]{8,}|dop_v1_\w{8,})/;

/** Hex lengths that name things here: short ids, uids of static pods and trace ids (32), container ids and digests (64, 96, 128). */
const hexIdLengths = new Set([32, 64, 96, 128]);

const classOf = (code: number): number =>
  code >= 48 && code <= 57
    ? 0
    : code >= 97 && code <= 122
      ? 1
      : code >= 65 && code <= 90
        ? 2
        : code === 43 || code === 47
          ? 3
          : 4;

/**
 * Changes between digits, lower and upper case per character. In random text nearly every second pair changes; in
 * words, also in camelCase (a capital before its small letter does not count), about every sixth.
 */
const restlessness = (text: string): number => {
  let changes = 0;
  let before = classOf(text.charCodeAt(0));
  for (let i = 1; i < text.length; i++) {
    const here = classOf(text.charCodeAt(i));
    if (here !== before && !(before === 2 && here === 1) && here !== 4 && before !== 4) changes++;
    before = here;
  }
  return changes / text.length;
};

/** One stretch of letters and digits in a single case: hex, base32 or base36. */
const isRandomSingleCase = (part: string): boolean => {
  if (part.length < 32 || !/[0-9]/.test(part) || !/[a-z]/i.test(part)) return false;
  if (/^(?:[0-9a-f]+|[0-9A-F]+)$/.test(part)) return !hexIdLengths.has(part.length);
  return /^(?:[0-9a-z]+|[0-9A-Z]+)$/.test(part) && restlessness(part) >= 0.25;
};

const isRandomMixedCase = (text: string): boolean => {
  if (text.length < 20 || !/[a-z]/.test(text) || !/[A-Z]/.test(text)) return false;
  if (!/[0-9]/.test(text) && text.length < 40) return false;
  return restlessness(text) >= 0.28;
};

/**
 * Does a word (letters, digits and `+/=_.~-`) look like key material: an issuer's mark, or long and random, while
 * container ids, digests, UUIDs, paths and pod names do not? A net behind the rules that know a label: it may miss.
 */
export const isSecretLooking = (word: string): boolean => {
  if (marked.test(word)) return true;
  if (word.length < 16) return false;
  if (
    word.endsWith('=') &&
    /^[A-Za-z0-9+/_-]{12,}={1,2}$/.test(word) &&
    /[a-z]/.test(word) &&
    /[A-Z0-9]/.test(word)
  )
    return true;
  if (isRandomMixedCase(word)) return true;
  return word.split(/[/_.~=-]/).some((part) => isRandomSingleCase(part) || isRandomMixedCase(part));
};
