const maxCharacters = 200;

/** A value for a message: as JSON, without the user information of URLs, and cut where it is long. */
export function printValue(value: unknown): string {
  const text = (JSON.stringify(value) ?? String(value)).replaceAll(/:\/\/[^/\s"]*@/g, '://[redacted]@');
  return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters)}…`;
}
