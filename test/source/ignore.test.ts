import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createIgnoreRules } from '../../src/source/index.ts';

function kept(paths: readonly string[], specIgnore: string | undefined, files: Readonly<Record<string, string>> = {}): string[] {
  const isIgnored = createIgnoreRules(
    Object.entries(files).map(([folder, text]) => ({ folder, text })),
    specIgnore,
  );
  return paths.filter((path) => !isIgnored(path));
}

describe('ignore rules', () => {
  test.for([
    { because: 'a name matches at any depth', rules: '*.md', of: ['a.md', 'x/y/b.md', 'a.mdx'], keeps: ['a.mdx'] },
    { because: 'a leading slash anchors', rules: '/a', of: ['a', 'x/a', 'a/b'], keeps: ['x/a'] },
    { because: 'a slash in the middle anchors too', rules: 'x/a', of: ['x/a', 'y/x/a', 'x/a/b'], keeps: ['y/x/a'] },
    { because: 'a trailing slash means folders alone', rules: 'a/', of: ['a', 'x/a', 'a/b', 'x/a/b'], keeps: ['a', 'x/a'] },
    {
      because: 'two stars stand for any folders, none too',
      rules: '/a/**/b',
      of: ['a/b', 'a/x/b', 'a/x/y/b', 'a/x/c'],
      keeps: ['a/x/c'],
    },
    { because: 'two stars at the end mean what is inside', rules: 'a/**', of: ['a', 'a/b', 'a/b/c', 'b'], keeps: ['a', 'b'] },
    { because: 'two stars at the start mean any folder', rules: '**/b/c', of: ['b/c', 'x/b/c', 'b/d'], keeps: ['b/d'] },
    { because: 'a star stays within its folder', rules: '/a/*.txt', of: ['a/x.txt', 'a/b/x.txt'], keeps: ['a/b/x.txt'] },
    {
      because: 'everything out, one folder back in',
      rules: '/*\n!/deploy\n/deploy/**/*.md',
      of: ['README', 'deploy/a.yaml', 'deploy/x/b.md', 'src/x'],
      keeps: ['deploy/a.yaml'],
    },
    {
      because: 'the last rule that speaks wins',
      rules: '*.yaml\n!keep.yaml\nx/keep.yaml',
      of: ['a.yaml', 'keep.yaml', 'x/keep.yaml'],
      keeps: ['keep.yaml'],
    },
    {
      because: 'brackets, ranges and their negation',
      rules: 'f[0-9]\ng[!a]\nh[^a-c]',
      of: ['f1', 'fx', 'ga', 'gb', 'ha', 'hz'],
      keeps: ['fx', 'ga', 'ha'],
    },
    { because: 'a question mark is one character', rules: '?.x', of: ['a.x', 'ab.x', 'ü.x'], keeps: ['ab.x'] },
    { because: 'a backslash takes the meaning away', rules: '\\*\n\\#a\n\\!b', of: ['*', 'x', '#a', '!b'], keeps: ['x'] },
    { because: 'a comment begins at the start of a line only', rules: '# x\nx#y', of: ['# x', 'x#y', 'x'], keeps: ['# x', 'x'] },
    { because: 'an unclosed bracket matches nothing', rules: '[abc', of: ['a', '[abc'], keeps: ['a', '[abc'] },
    { because: 'trailing spaces do not count, escaped ones do', rules: 'a  \nb\\ ', of: ['a', 'b ', 'b'], keeps: ['b'] },
    { because: 'line ends of Windows are line ends', rules: 'a\r\nb\r\n', of: ['a', 'b', 'c'], keeps: ['c'] },
  ])('$because', ({ rules, of, keeps }) => {
    expect(kept(of, rules)).toEqual(keeps);
  });

  test('the defaults hold only while nobody gave a rule', () => {
    const files = ['a.jpg', 'x/b.zip', '.github/w.yml', '.sops.yaml', 'x/.flux.yaml', 'a.yaml', '.gitignore', 'x/.gitattributes'];
    expect(kept(files, undefined)).toEqual(['a.yaml']);
    expect(kept(files, '# nothing')).toEqual(['a.yaml']);
    expect(kept(files, 'b.zip')).toEqual(['a.jpg', '.github/w.yml', '.sops.yaml', 'x/.flux.yaml', 'a.yaml']);
    expect(kept(files, undefined, { x: 'none' })).toContain('a.jpg');
  });

  test('a .sourceignore speaks about its folder, inner ones win, spec.ignore wins over all', () => {
    const files = ['a.txt', 'x/a.txt', 'x/y/a.txt', 'x/b', 'b'];
    expect(kept(files, undefined, { x: '*.txt' })).toEqual(['a.txt', 'x/b', 'b']);
    expect(kept(files, undefined, { 'x/y': '!*.txt', '': '*.txt\n/b' })).toEqual(['x/y/a.txt', 'x/b']);
    expect(kept(files, '*', { 'x/y': '!*.txt' })).toEqual([]);
  });

  test('hostile patterns end at once', () => {
    const name = `${'a'.repeat(200)}`;
    const path = Array.from({ length: 100 }, () => 'a').join('/');
    expect(kept([name, path], `${'*a'.repeat(60)}b\n${'**/a/'.repeat(45)}b\n/${'**/'.repeat(60)}c`)).toEqual([name, path]);
  });

  test('a file is left out exactly where git itself would, as long as nothing is taken back in', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ignore-'));
    const git = (args: string[], input?: string) =>
      execFileSync('git', ['-C', folder, ...args], {
        input,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' },
      });
    const paths = ['a', 'b', 'ab', 'a/b', 'a/b/a', 'b/a/ab', 'ab/a/b/b', 'b/b', 'a/a/a/a', 'b/ab/a'].map((path) => `r/${path}-f`);
    try {
      git(['init', '--quiet']);
      for (const path of paths) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), '');
      }
      const piece = fc.constantFrom('a', 'b', 'ab', '*', '**', '?', 'a*', '*b', '[ab]', '*-f', 'a-f', 'r', '**');
      const pattern = fc
        .tuple(fc.boolean(), fc.array(piece, { minLength: 1, maxLength: 4 }), fc.boolean())
        .map(([root, parts, isFolder]) => `${root ? '/' : ''}${parts.join('/')}${isFolder ? '/' : ''}`);
      fc.assert(
        fc.property(fc.array(pattern, { minLength: 1, maxLength: 3 }), (patterns) => {
          writeFileSync(join(folder, '.git/info/exclude'), patterns.join('\n'));
          const left = new Set(git(['ls-files', '--others', '--exclude-standard', '-z']).split('\0'));
          expect(kept(paths, patterns.join('\n'))).toEqual(paths.filter((path) => left.has(path)));
        }),
        { numRuns: 150 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
