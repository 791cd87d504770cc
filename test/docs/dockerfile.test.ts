import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type Instruction, readEnvironment, readStages } from '../image/read-dockerfile.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(root + path, 'utf8');
const manifest = JSON.parse(read('package.json')) as { bin: { tagalong: string }; scripts: Record<string, string> };

const stages = readStages(read('Dockerfile'));
const final = stages.at(-1) ?? [];
const argsOf = (stage: readonly Instruction[], name: string) =>
  stage.filter((each) => each.name === name).map(({ args }) => args);
const copies = stages.flat().filter(({ name }) => name === 'COPY');

describe('Dockerfile', () => {
  test('every line is an instruction', () => {
    expect(stages.flat().filter(({ name, args }) => name === '' || args === '')).toEqual([]);
  });

  test('a variable in quotes may hold spaces', () => {
    expect(readEnvironment('A=1 B="--one --two=2" C=')).toEqual({ A: '1', B: '--one --two=2', C: '' });
    expect(readEnvironment(argsOf(final, 'ENV').join(' '))).toMatchObject({
      NODE_ENV: 'production',
      NODE_OPTIONS: expect.stringMatching(/^--[^"]*$/) as string,
    });
  });

  test('each image has a version that does not move to another major', () => {
    for (const [from = ''] of stages.map((stage) => argsOf(stage, 'FROM')))
      expect(from).toMatch(/^[a-z]+:[0-9][\w.-]*( AS [a-z]+)?$/);
  });

  test('Node is the one that the project is written for', () => {
    const images = stages.flatMap((stage) => argsOf(stage, 'FROM')).filter((from) => from.startsWith('node:'));
    expect(images.map((from) => from.split(/[:-]/)[1])).toEqual(images.map(() => read('.node-version').trim()));
  });

  test('what is copied from another stage is copied from one that exists', () => {
    const names = stages.flatMap((stage) => argsOf(stage, 'FROM').map((from) => / AS (\S+)$/.exec(from)?.[1]));
    const used = copies.map(({ args }) => /--from=(\S+)/.exec(args)?.[1]).filter((name) => name !== undefined);
    expect(names).toEqual(expect.arrayContaining(used));
  });

  test('what is copied from the repository is there, and .dockerignore lets it through', () => {
    const kept = read('.dockerignore')
      .split('\n')
      .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
    const sources = copies.filter(({ args }) => !args.includes('--from=')).flatMap(({ args }) => args.split(/\s+/).slice(0, -1));
    expect(sources.length).toBeGreaterThan(0);
    const tracked = execFileSync('git', ['ls-files', '--', ...sources], { cwd: root, encoding: 'utf8' }).split('\n');
    for (const source of sources) {
      expect(kept).toContain(source);
      expect(tracked.some((path) => path === source || path.startsWith(`${source}/`))).toBe(true);
    }
  });

  test('nothing is kept out that the Dockerfile does not need: .dockerignore begins with everything', () => {
    expect(
      read('.dockerignore')
        .split('\n')
        .find((line) => line !== '' && !line.startsWith('#')),
    ).toBe('*');
  });

  test('it builds with a script of package.json, and installs without development packages for the end', () => {
    const runs = stages.flatMap((stage) => argsOf(stage, 'RUN'));
    for (const script of runs.flatMap((run) => /^npm run (\S+)/.exec(run)?.[1] ?? []))
      expect(manifest.scripts).toHaveProperty(script);
    expect(runs).toContain('npm ci --ignore-scripts --omit=dev');
  });

  test('it ends in the entry point of package.json, as a user that is not root', () => {
    expect(JSON.parse(argsOf(final, 'ENTRYPOINT')[0] ?? '')).toEqual(['node', manifest.bin.tagalong]);
    expect(Number(argsOf(final, 'USER')[0]?.split(':')[0])).toBeGreaterThan(0);
  });
});
