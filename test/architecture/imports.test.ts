import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { importsOf, readSources, resolveImport, type SourceFile } from './read-source.ts';
import { readList, readTable } from './read-tables.ts';

const page = readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8');
const rows = readTable(page, 'folder').map((row) => ({
  folder: row['folder'] ?? '',
  isPure: /\*Pure[.*]/.test(row['what it is'] ?? ''),
  mayImport: row['may import'] ?? '',
  packages: readList(row['packages'] ?? ''),
}));
const exceptions = new Set(readTable(page, 'file').map((row) => row['file']));
const sources = readSources();
const folders = [...new Set(sources.map(({ folder }) => folder))].toSorted();

/** Modules of Node that compute and reach nothing outside of the process. */
const pureModules = new Set(['node:crypto', 'node:util', 'node:buffer', 'node:path']);
const impure =
  /\bDate\.now\b|\bnew Date\(\)|\bprocess\.|\bMath\.random\b|\bset(Timeout|Interval|Immediate)\b|\b(await|return|=) fetch\(|\bconsole\./;

function allowedFor(folder: string): ReadonlySet<string> {
  const text = rows.find((row) => row.folder === folder)?.mayImport ?? '–';
  const allBut = /^all but (.*)$/.exec(text)?.[1];
  if (allBut === undefined) return new Set(readList(text));
  const excluded = new Set(readList(allBut));
  return new Set(folders.filter((other) => !excluded.has(other)));
}

/** Everything in a list of files that breaks a rule, as `file: what`. */
function collect(files: readonly SourceFile[], find: (file: SourceFile) => readonly string[]): string[] {
  return files.flatMap((file) => find(file).map((what) => `${file.path}: ${what}`));
}

function outside(file: SourceFile): { specifier: string; path: string; folder: string }[] {
  return importsOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => ({ specifier, path: resolveImport(file, specifier) }))
    .map((found) => ({ ...found, folder: found.path.includes('/') ? (found.path.split('/')[0] ?? '') : found.path }))
    .filter(({ folder }) => folder !== file.folder);
}

test('the sources were found', () => {
  expect(sources.length).toBeGreaterThan(100);
  expect(sources.flatMap(importsOf).length).toBeGreaterThan(sources.length);
});

test('every folder of src has a row, and every row a folder', () => {
  expect(rows.map(({ folder }) => folder).toSorted()).toEqual(folders);
});

describe('across folders', () => {
  test('one imports the index alone', () => {
    const broken = collect(sources, (file) =>
      outside(file)
        .filter(({ path, folder }) => path !== folder && path !== `${folder}/index.ts`)
        .map(({ specifier }) => specifier),
    );
    expect(broken).toEqual([]);
  });

  test.for(folders)('%s imports only what its row allows', (folder) => {
    const allowed = allowedFor(folder);
    const files = sources.filter((file) => file.folder === folder);
    const broken = collect(files, (file) =>
      outside(file)
        .filter((found) => !allowed.has(found.folder))
        .map(({ specifier }) => specifier),
    );
    expect(broken).toEqual([]);
  });

  test('nothing imports itself in a circle', () => {
    const edges = new Map(folders.map((folder) => [folder, new Set<string>()]));
    for (const file of sources) for (const { folder } of outside(file)) edges.get(file.folder)?.add(folder);
    expect(findCircle(edges)).toBeNull();
  });
});

function findCircle(edges: ReadonlyMap<string, ReadonlySet<string>>): string | null {
  const done = new Set<string>();
  const walk = (folder: string, path: readonly string[]): string | null => {
    if (path.includes(folder)) return [...path.slice(path.indexOf(folder)), folder].join(' → ');
    if (done.has(folder)) return null;
    for (const next of edges.get(folder) ?? []) {
      const circle = walk(next, [...path, folder]);
      if (circle !== null) return circle;
    }
    done.add(folder);
    return null;
  };
  for (const folder of edges.keys()) {
    const circle = walk(folder, []);
    if (circle !== null) return circle;
  }
  return null;
}

describe('packages', () => {
  const packageOf = (specifier: string) =>
    specifier.startsWith('@') ? specifier.split('/').slice(0, 2).join('/') : (specifier.split('/')[0] ?? '');
  const packagesOf = (file: SourceFile) =>
    importsOf(file)
      .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
      .map(packageOf);

  test.for(folders)('%s imports only the packages of its row', (folder) => {
    const owned = rows.find((row) => row.folder === folder)?.packages ?? [];
    const files = sources.filter((file) => file.folder === folder);
    const broken = collect(files, (file) => packagesOf(file).filter((name) => !owned.includes(name)));
    expect(broken).toEqual([]);
  });

  test('a row names no package that its folder does not import', () => {
    const unused = rows.flatMap(({ folder, packages }) => {
      const used = new Set(sources.filter((file) => file.folder === folder).flatMap(packagesOf));
      return packages.filter((name) => !used.has(name)).map((name) => `${folder}: ${name}`);
    });
    expect(unused).toEqual([]);
  });
});

describe('pure folders', () => {
  const pure = rows.filter(({ isPure }) => isPure).map(({ folder }) => folder);

  test('are those that the design wants pure', () => {
    expect(pure).toEqual(expect.arrayContaining(['api', 'core', 'select', 'edit', 'hold', 'apply']));
  });

  test.for(pure)('%s reaches for no file, process, network, clock or chance', (folder) => {
    const files = sources.filter((file) => file.folder === folder && !exceptions.has(file.path));
    const broken = collect(files, (file) => [
      ...importsOf(file).filter((specifier) => specifier.startsWith('node:') && !pureModules.has(specifier)),
      ...file.skeleton.split('\n').filter((line) => impure.test(line)),
    ]);
    expect(broken).toEqual([]);
  });

  test('an exception is a file that exists and needs to be one', () => {
    const needless = [...exceptions].filter((path) => {
      const file = sources.find((source) => source.path === path);
      const modules = file === undefined ? [] : importsOf(file).filter((specifier) => specifier.startsWith('node:'));
      return !(file !== undefined && (impure.test(file.skeleton) || modules.some((specifier) => !pureModules.has(specifier))));
    });
    expect(needless).toEqual([]);
  });
});

describe('adapters', () => {
  const factories = readTable(page, 'function').map((row) => [row['function'] ?? '', readList(row['called in'] ?? '')] as const);

  test.for(factories)('%s is called only where the page says', ([factory, places]) => {
    const calls = sources.filter(({ skeleton }) => new RegExp(`(?<!function )\\b${factory}\\(`).test(skeleton));
    expect(calls.map(({ path }) => path)).toEqual(places);
  });
});

test('only the command line prints', () => {
  const broken = collect(
    // The proxy command is a program of its own, whose stdout is the connection that ssh speaks through.
    sources.filter(({ folder, path }) => !['cli', 'main.ts'].includes(folder) && path !== 'git/proxy-command.ts'),
    ({ skeleton }) => skeleton.split('\n').filter((line) => /\bconsole\.|\bprocess\.std(out|err)\b/.test(line)),
  );
  expect(broken).toEqual([]);
});
