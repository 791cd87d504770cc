import { cleanText } from './clean-text.ts';
import type { Terminal } from './terminal.ts';

/** Says on stderr what is going on, with flux's glyphs. */
export interface Progress {
  action(text: string): void;
  waiting(text: string): void;
  success(text: string): void;
  warning(text: string): void;
  failure(text: string): void;
}

export function createProgress({ note, notePaint }: Terminal): Progress {
  const say = (glyph: string, paint: (text: string) => string) => (text: string) => note(`${paint(glyph)} ${cleanText(text)}`);
  return {
    action: say('►', notePaint.accent),
    waiting: say('◎', notePaint.accent),
    success: say('✔', notePaint.good),
    warning: say('⚠️', notePaint.warn),
    failure: say('✗', notePaint.bad),
  };
}
