const shownAtMost = 400;

/** Text of a forge, fit for a message: one line, without control and bidirectional characters, without `secret`. */
export function cleanAnswer(text: string, secret: string): string {
  const hidden = secret === '' ? text : text.replaceAll(secret, '[redacted]');
  const clean = hidden
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/\p{Cf}/gu, '')
    .trim();
  return clean.length <= shownAtMost ? clean : `${clean.slice(0, shownAtMost)}…`;
}

/** What the body of a refusal says: `message` and the texts of `errors`, as GitHub, GitLab and Gitea word them. */
export function readRefusal(body: string): string {
  try {
    return describe(JSON.parse(body)) || body;
  } catch {
    return body;
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(describe).filter(Boolean).join('; ');
  if (typeof value !== 'object' || value === null) return '';
  const { message, error, error_description, errors, code, field, ...rest } = value as Record<string, unknown>;
  const parts = [message, error, error_description, errors].map(describe).filter(Boolean);
  if (parts.length > 0) return parts.join(': ');
  if (code !== undefined || field !== undefined) return [field, code].map(describe).filter(Boolean).join(' ');
  return Object.entries(rest)
    .map(([key, inner]) => `${key} ${describe(inner)}`)
    .slice(0, 5)
    .join('; ');
}
