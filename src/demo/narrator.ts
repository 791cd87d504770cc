/** Tells a story on a terminal: colour and a live line there, plain lines into a pipe. */
export interface Narrator {
  title(text: string): void;
  line(text: string): void;
  /** Something quoted: a message, and behind it perhaps a diff, which begins at `--- `. */
  quote(text: string): void;
  /** Shown while something is awaited; on a terminal alone, and gone afterwards. */
  waiting(text: string): void;
}

export interface Paper {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

const styles = {
  bold: '\u001b[1m',
  dim: '\u001b[2m',
  green: '\u001b[32m',
  red: '\u001b[31m',
  cyan: '\u001b[36m',
  none: '\u001b[0m',
} as const;
const clearLine = '\r\u001b[2K';

export function createNarrator(paper: Paper, environment: { readonly NO_COLOR?: string | undefined }): Narrator {
  const isLive = paper.isTTY === true;
  const paint = (style: keyof typeof styles, text: string) =>
    isLive && !environment.NO_COLOR ? `${styles[style]}${text}${styles.none}` : text;
  const clear = isLive ? clearLine : '';
  const write = (text: string) => void paper.write(`${clear}${text}\n`);
  return {
    title: (text) => write(`\n${paint('bold', text)}`),
    line: (text) => write(text === '' ? '' : `  ${text}`),
    quote(text) {
      let isDiff = false;
      for (const one of text.trimEnd().split('\n')) {
        isDiff ||= one.startsWith('--- ');
        write(one === '' ? '' : `      ${isDiff ? paintDiff(one, paint) : one}`);
      }
    },
    waiting: (text) => void (isLive && paper.write(`${clearLine}  ${paint('dim', `… ${text}`)}`)),
  };
}

function paintDiff(line: string, paint: (style: keyof typeof styles, text: string) => string): string {
  if (line.startsWith('+') && !line.startsWith('+++')) return paint('green', line);
  if (line.startsWith('-') && !line.startsWith('---')) return paint('red', line);
  return line.startsWith('@@') ? paint('cyan', line) : line;
}
