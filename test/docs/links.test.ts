import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
].toSorted();

function linksOf(text: string): string[] {
  const prose = text.replaceAll(/```[\s\S]*?```/g, '').replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
}

function anchorsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test.for(pages)('every link of %s leads somewhere', (page) => {
  const text = readFileSync(join(root, page), 'utf8');
  const broken = linksOf(text).filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : join(dirname(page), path);
    if (!existsSync(join(root, target))) return true;
    return anchor !== undefined && !anchorsOf(readFileSync(join(root, target), 'utf8')).includes(anchor);
  });
  expect(broken).toEqual([]);
});

test.for(pages)('%s speaks of no path of a machine', (page) => {
  expect(readFileSync(join(root, page), 'utf8')).not.toMatch(/\/work\/|\/home\/[a-z]|\/root\/|\/tmp\/brief/);
});

test('every page is found from README.md, link by link; a linked folder shows its pages', () => {
  const found = new Set(['README.md']);
  for (const page of found) {
    for (const link of linksOf(readFileSync(join(root, page), 'utf8'))) {
      const target = normalize(join(dirname(page), link.split('#')[0] ?? ''));
      for (const other of pages) if (other === target || dirname(other) === target) found.add(other);
    }
  }
  expect(pages.filter((page) => !found.has(page))).toEqual([]);
});

test('README.md itself links every page of docs/', () => {
  const linked = linksOf(readFileSync(join(root, 'README.md'), 'utf8'));
  expect(pages.filter((page) => dirname(page) === 'docs' && !linked.includes(page))).toEqual([]);
});
