import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const page = read('docs/packages.md');
const { dependencies, optionalDependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
  string,
  Record<string, string>
>;
const shipped = { ...dependencies, ...optionalDependencies };
const [runtime = '', development = ''] = page.split('For development:');

function rangesIn(part: string): Record<string, string> {
  return Object.fromEntries([...part.matchAll(/^\| `([^`]+)` \| (\S+) \|/gm)].map(([, name, range]) => [name, range]));
}

test('docs/packages.md has every package of package.json in its range, and no other', () => {
  expect(rangesIn(runtime)).toEqual(shipped);
  expect(rangesIn(development)).toEqual(devDependencies);
});

test.for(Object.keys({ ...shipped, ...devDependencies }))('%s is installed under the licence that the page names', (name) => {
  const { license } = JSON.parse(read(`node_modules/${name}/package.json`)) as { license: string };
  const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``)) ?? '';
  expect(row.split('|')[3]?.trim()).toBe(license);
});
