import type { Budget } from '../budget.ts';
import { define, type FunctionTable } from '../define.ts';
import { lowerOf, paid, sliceBytes, upperOf } from './texts.ts';
import { joinWords, pascalCase } from './word-case.ts';

/** Sprig's functions that shorten, wrap and change the case of texts. */
export const layout: FunctionTable = {
  abbrev: define(['int', 'string'], ([width, text]) => (width < 4 ? text : abbreviate(text, 0, width))),
  abbrevboth: define(['int', 'int', 'string'], ([left, right, text]) =>
    right < 4 || (left > 0 && right < 7) ? text : abbreviate(text, left, right),
  ),
  initials: define(['string'], ([text]) =>
    text
      .split(/\s/)
      .map((word) => [...word].slice(0, 1))
      .join(''),
  ),
  title: define(['string'], ([text], budget) => paid(budget, changeFirst(text, /[^A-Za-z0-9_\u0080-\u{10ffff}]|\s/u, upperOf))),
  untitle: define(['string'], ([text], budget) => paid(budget, changeFirst(text, /\s/, lowerOf))),
  swapcase: define(['string'], ([text], budget) =>
    paid(
      budget,
      [...text].map((character) => (lowerOf(character) === character ? upperOf(character) : lowerOf(character))).join(''),
    ),
  ),
  snakecase: define(['string'], ([text], budget) => paid(budget, joinWords(text, '_'))),
  kebabcase: define(['string'], ([text], budget) => paid(budget, joinWords(text, '-'))),
  camelcase: define(['string'], ([text], budget) => paid(budget, pascalCase(text))),
  wrap: define(['int', 'string'], ([width, text], budget) => wrap(text, width, { lineBreak: '\n', isCut: false }, budget)),
  wrapWith: define(['int', 'string', 'string'], ([width, lineBreak, text], budget) =>
    wrap(text, width, { lineBreak: lineBreak === '' ? '\n' : lineBreak, isCut: true }, budget),
  ),
};

function abbreviate(text: string, left: number, width: number): string {
  const length = Buffer.byteLength(text);
  if (length <= width) return text;
  const room = width - 3;
  const offset = Math.min(Math.min(left, length), length - Math.min(room, length));
  if (offset <= 4) return `${sliceBytes(text, 0, room)}...`;
  if (width < 7) return '';
  if (offset + room < length) return `...${abbreviate(sliceBytes(text, offset, length), 0, room)}`;
  return `...${sliceBytes(text, length - room, length)}`;
}

/** Changes the first character of each word; a character of `border` ends a word. */
function changeFirst(text: string, border: RegExp, change: (character: string) => string): string {
  let isFirst = true;
  let result = '';
  for (const character of text) {
    const isBorder = border.test(character);
    result += isFirst && !isBorder ? change(character) : character;
    isFirst = isBorder;
  }
  return result;
}

interface WrapStyle {
  readonly lineBreak: string;
  /** Whether a longer word is cut, or stands on a line of its own. */
  readonly isCut: boolean;
}

/** Lines of at most `width` bytes, broken at spaces where there are any. */
function wrap(text: string, width: number, { lineBreak, isCut }: WrapStyle, budget: Budget): string {
  const bytes = Buffer.from(text);
  const limit = Math.max(width, 1);
  const lines: Buffer[] = [];
  let at = 0;
  while (bytes.length - at > limit) {
    if (bytes[at] === 0x20) {
      at += 1;
      continue;
    }
    const end = lineEnd(bytes, at, limit, isCut);
    budget.members(1);
    budget.spend(end - at + lineBreak.length);
    lines.push(bytes.subarray(at, end));
    at = bytes[end] === 0x20 ? end + 1 : end;
    if (at >= bytes.length && bytes[end] !== 0x20) break;
    lines.push(Buffer.from(lineBreak));
  }
  return paid(budget, Buffer.concat([...lines, bytes.subarray(at)]).toString('utf8'));
}

function lineEnd(bytes: Buffer, start: number, limit: number, isCut: boolean): number {
  const space = bytes.lastIndexOf(0x20, start + limit);
  if (space > start) return space;
  if (isCut) return start + limit;
  const next = bytes.indexOf(0x20, start + limit);
  return next < 0 ? bytes.length : next;
}
