const maxCharacters = 200;

/** A scalar for a message: as JSON, without the user information of URLs, and cut where it is long. */
export function printValue(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  const text = (JSON.stringify(value) ?? String(value)).replaceAll(/:\/\/[^/\s"]*@/g, '://[redacted]@');
  return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters)}…`;
}
