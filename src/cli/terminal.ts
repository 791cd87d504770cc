import { type Paint, plainPaint, terminalPaint } from './paint.ts';

/** The only way out for text: `answer` is what was asked for (stdout), `note` all the rest (stderr). Both add the line break. */
export interface Terminal {
  answer(text: string): void;
  note(text: string): void;
  /** One line on stderr that the next replaces, where a person looks; else nothing. '' takes it away. */
  status(text: string): void;
  /** Whether the answer goes to a terminal, not into a file or a pipe. */
  readonly isInteractive: boolean;
  /** Colours for the answer, and for notes. */
  readonly paint: Paint;
  readonly notePaint: Paint;
}

/** A stream to write to; a terminal says so. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean };

type Environment = Readonly<Record<string, string | undefined>>;

/** A terminal over two streams. Colour only where a person looks and has not asked for none (`NO_COLOR`). */
export function createTerminal(stdout: Output, stderr: Output, environment: Environment): Terminal {
  const paintFor = (stream: Output) =>
    stream.isTTY && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb' ? terminalPaint : plainPaint;
  return {
    answer: (text) => void stdout.write(`${text}\n`),
    note: (text) => void stderr.write(`${text}\n`),
    status: (text) => void (stderr.isTTY === true && stderr.write(`\r\x1b[2K${text}`)),
    isInteractive: stdout.isTTY === true,
    paint: paintFor(stdout),
    notePaint: paintFor(stderr),
  };
}
