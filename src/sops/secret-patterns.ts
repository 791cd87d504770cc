/** What is plainly a secret wherever it stands: keys and tokens that say what they are. */
const patterns: readonly (readonly [what: string, pattern: RegExp])[] = [
  ['a private key', /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----/],
  ['an age identity', /\bAGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]{40,}/],
  ['a token of GitHub', /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{60,})/],
  ['a token of GitLab', /\bgl(?:pat|dt|rt|cbt|ptt|ft|soat)-[A-Za-z0-9_-]{20,}/],
  ['a secret key of AWS', /\baws_secret_access_key\s*[:=]\s*["']?[A-Za-z0-9/+]{40}\b/i],
  ['a token of Slack', /\bxox[abeoprs]-[A-Za-z0-9-]{20,}/],
  ['a webhook of Slack', /\bhooks\.slack\.com\/services\/T[A-Z0-9]+\/B[A-Z0-9]+\/[A-Za-z0-9]{20,}/],
  ['an API key of Google', /\bAIza[A-Za-z0-9_-]{35}\b/],
  ['a live key of Stripe', /\b[rs]k_live_[A-Za-z0-9]{20,}/],
  ['a token of npm', /\bnpm_[A-Za-z0-9]{36}\b/],
  ['a token of Vault', /\bhv[sbr]\.[A-Za-z0-9_-]{24,}/],
  ['a token of PyPI', /\bpypi-[A-Za-z0-9_-]{60,}/],
  ['a signed token (JWT)', /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}/],
  ['a password in a URL', /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@${}<>*]+:(?![*x]+@)[^\s/:@${}<>]{4,}@[A-Za-z0-9.-]+/i],
];

/** What a text holds that is plainly a secret, with its offset; null where it holds nothing of the kind. */
export function findSecretText(text: string): { readonly what: string; readonly offset: number } | null {
  for (const [what, pattern] of patterns) {
    const match = pattern.exec(text);
    if (match !== null) return { what, offset: match.index };
  }
  return null;
}

/** Whether a value of a Secret is none: empty, a variable that is replaced later, encrypted, or public by its nature. */
export function isHarmless(value: string): boolean {
  const text = value.trim();
  if (text === '' || /^(?:\$\{[^}]*\}\s*)+$/.test(text) || text.startsWith('ENC[AES256_GCM,')) return true;
  if (/^(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-\S+) \S+/.test(text)) return true;
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g)].map(([, name]) => name);
  return (
    blocks.length > 0 &&
    blocks.every((name) => name === 'CERTIFICATE' || name === 'PUBLIC KEY' || name === 'PGP PUBLIC KEY BLOCK')
  );
}
