import { expect, test } from 'vitest';
import { applyEdits, findMarkers, planEdits } from '../../src/edit/index.ts';

const marker = '# {"$imagepolicy": "apps:web"}';

test('a file of 10 MB is not parsed, and that is told', () => {
  const text = `${'a: b\n'.repeat(2_200_000)}image: web:1.0.0 ${marker}\n`;
  const { markers, problems } = findMarkers('huge.yaml', text);
  expect(markers).toEqual([]);
  expect(problems).toEqual([{ file: 'huge.yaml', message: expect.stringContaining('split the file') }]);
});

test('aliases that would grow without end are never followed, and the marker beside them is edited', () => {
  const levels = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`);
  const text = `a0: &a0 lol\n${levels.join('\n')}\nimage: web:1.0.0 ${marker}\n`;
  const { markers, problems } = findMarkers('bomb.yaml', text);
  expect(problems).toEqual([]);
  const { edits } = planEdits(markers, new Map([['apps/web', { name: 'web', tag: '2' }]]), 'apps');
  expect(applyEdits(text, edits)).toBe(text.replace('web:1.0.0', 'web:2'));
});

test('neither are they in a file with SOPS metadata', () => {
  const levels = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`);
  const text = `a0: &a0 lol\n${levels.join('\n')}\nimage: web:1.0.0 ${marker}\nsops:\n  mac: x\n`;
  const { markers, problems } = findMarkers('bomb.yaml', text);
  expect(markers).toEqual([]);
  expect(problems[0]?.message).toContain('SOPS');
});
