import { expect, test } from 'vitest';
import { createNarrator } from '../../src/demo/index.ts';

function tell(isTTY: boolean, environment: { NO_COLOR?: string } = {}): string {
  const told: string[] = [];
  const narrator = createNarrator({ isTTY, write: (text) => told.push(text) }, environment);
  narrator.waiting('the commit');
  narrator.quote('Bump\n\n- a.yaml: 1 -> 2\n\n--- a/a.yaml\n+++ b/a.yaml\n-one\n+two\n');
  return told.join('');
}

const plain = '      Bump\n\n      - a.yaml: 1 -> 2\n\n      --- a/a.yaml\n      +++ b/a.yaml\n      -one\n      +two\n';

test('a pipe gets plain lines, without spaces at their ends', () => {
  expect(tell(false)).toBe(plain);
});

test('a terminal gets a live line, and colour in the diff alone', () => {
  const coloured = tell(true)
    .split('\n')
    .filter((line) => /\u001b\[3[12]m/.test(line));
  expect(coloured).toEqual([expect.stringContaining('-one'), expect.stringContaining('+two')]);
});

test('NO_COLOR leaves the live line and takes the colour', () => {
  const control = new RegExp(`\\r?${String.fromCharCode(27)}\\[2K`, 'g');
  expect(tell(true, { NO_COLOR: '1' }).replace(control, '')).toBe(`  … the commit${plain}`);
});
