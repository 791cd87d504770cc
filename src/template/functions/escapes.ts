const htmlEscapes: ReadonlyMap<string, string> = new Map([
  ['\u0000', '\ufffd'],
  ['"', '&#34;'],
  ["'", '&#39;'],
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
]);

export function escapeHtml(text: string): string {
  return text.replace(/[\u0000"'&<>]/g, (character) => htmlEscapes.get(character) ?? character);
}

const scriptEscapes: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ["'", "\\'"],
  ['"', '\\"'],
  ['<', '\\u003C'],
  ['>', '\\u003E'],
  ['&', '\\u0026'],
  ['=', '\\u003D'],
]);

/** For a JavaScript string, as Go's `js` does. */
export function escapeScript(text: string): string {
  return text.replace(/[\\'"<>&=\u0000-\u001f]|[^\u0000-\u007e\p{L}\p{M}\p{N}\p{P}\p{S}]/gu, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    return scriptEscapes.get(character) ?? `\\u${code}`;
  });
}

/** For a URL's query: everything but letters, digits and `-_.~` as bytes, a space as `+`. */
export function escapeQuery(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll('%20', '+')
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
