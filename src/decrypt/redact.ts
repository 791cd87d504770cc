const shortest = 4;

/**
 * A text in which nothing stands that was revealed: neither as it is nor in the forms that tools quote it in (base64, JSON, its single
 * lines). What is shorter than four characters says nothing and would blot out everything.
 */
export function redactRevealed(text: string, revealed: Iterable<string>): string {
  const forms = new Set([...revealed].flatMap(formsOf).filter((form) => form.length >= shortest && text.includes(form)));
  const longestFirst = [...forms].toSorted((a, b) => b.length - a.length);
  return longestFirst.reduce((redacted, form) => redacted.replaceAll(form, '[redacted]'), text);
}

function formsOf(secret: string): string[] {
  const decoded = /^[A-Za-z0-9+/\s]{4,}={0,2}\s*$/.test(secret) ? Buffer.from(secret, 'base64').toString('utf8') : '';
  return [secret, decoded].filter((text) => text.length >= shortest).flatMap(formsOfText);
}

function formsOfText(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim());
  const whole = [text, text.trim(), Buffer.from(text).toString('base64'), JSON.stringify(text).slice(1, -1)];
  return [...whole, ...(lines.length > 1 ? lines.flatMap((line) => [line, JSON.stringify(line).slice(1, -1)]) : [])];
}
