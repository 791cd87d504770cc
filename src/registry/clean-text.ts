/**
 * Text from outside as it may stand in a message: one line, no control, format or bidirectional characters, at most
 * `maxLength` characters, and none of the secrets, should the other side have repeated one.
 */
export function cleanText(text: string, secrets: readonly string[] = [], maxLength = 300): string {
  // Secrets first: cutting or cleaning could leave half of one unrecognised.
  const safe = secrets
    .filter((secret) => secret.length >= 3)
    .reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
  const line = safe
    .replace(/[\s\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu, '')
    .trim();
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1).trimEnd()}…`;
}

/** What an error answer says: the texts of the distribution API's `errors`, of token services, or plain text. Empty if nothing of use. */
export function describeAnswer(body: Buffer, secrets: readonly string[]): string {
  const text = body.subarray(0, 65_536).toString('utf8');
  const said = describeJson(text) ?? (/^\s*</.test(text) ? '' : text); // pages for people say nothing in one line
  return cleanText(said.replace(credentialShape, '[redacted]'), secrets);
}

/** Tokens a registry made itself, should it show them: JSON web tokens, and whatever follows the name of a login scheme. */
const credentialShape = /\beyJ[\w-]{8,}(?:\.[\w-]+)*|(?<=\b(?:bearer|basic)\s+)[\w+/=.~-]{12,}/gi;

function describeJson(text: string): string | null {
  try {
    const parsed: unknown = JSON.parse(text);
    if (!isRecord(parsed)) return null;
    const errors = Array.isArray(parsed['errors']) ? parsed['errors'].filter(isRecord) : [];
    const described =
      errors.length > 0 ? errors.slice(0, 3).map(describeEntry).filter(Boolean).join('; ') : describeEntry(parsed);
    return described === '' ? null : described;
  } catch {
    return null;
  }
}

function describeEntry(entry: Record<string, unknown>): string {
  const message = ['message', 'error_description', 'details', 'error']
    .map((key) => entry[key])
    .find((value) => typeof value === 'string');
  return [entry['code'], message].filter((part) => typeof part === 'string' && part !== '').join(': ');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
