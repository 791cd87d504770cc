import { randomInt } from 'node:crypto';

const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** The prefix and five letters that form no words; '' without a prefix. */
export function generateName(prefix: unknown): string {
  if (typeof prefix !== 'string' || prefix === '') return '';
  return `${prefix.slice(0, 58)}${randomLetters(5)}`;
}

function randomLetters(count: number): string {
  return Array.from({ length: count }, () => alphabet[randomInt(alphabet.length)]).join('');
}
