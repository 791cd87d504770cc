const maxChars = 1_000;

/**
 * Text that a remote or git said, fit for a message: one line, without terminal sequences, control and bidirectional
 * characters, without user information in URLs and without any of `secrets`.
 */
export function cleanText(text: string, secrets: readonly string[] = []): string {
  const hidden = hideSecrets(text, secrets)
    .replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '')
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, '')
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@'"]+@/gi, '$1')
    .replace(/ {2,}/g, ' ')
    .trim();
  return hidden.length <= maxChars ? hidden : `${hidden.slice(0, maxChars)}…`;
}

function hideSecrets(text: string, secrets: readonly string[]): string {
  // The longest first: a short secret inside a long one would leave the rest of it standing.
  const known = secrets.filter((secret) => secret.length > 0).toSorted((a, b) => b.length - a.length);
  return known.reduce((shown, secret) => shown.replaceAll(secret, '[redacted]'), text);
}
