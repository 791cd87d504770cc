// Whoever writes a tag, a commit's subject or a condition must not be able to drive the terminal: no control, format or
// bidirectional characters, no line separators.
const unsafe = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;
const unsafeButLayout = /(?![\n\t])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Text from outside for one line of output. */
export function cleanLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').replace(unsafe, '');
}

/** Text from outside that may have several lines and tabs. */
export function cleanText(text: string): string {
  return text.replace(unsafeButLayout, '');
}
