import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runInProcess, runTagalong, temporaryFolder } from './support/run-tagalong.ts';

const policy = (spec: string, name = 'web') => `apiVersion: image.toolkit.fluxcd.io/v1
kind: ImagePolicy
metadata:
  name: ${name}
  namespace: apps
spec:
  imageRepositoryRef:
    name: web
${spec.replace(/^/gm, '  ')}
`;

const semver = (range: string) => policy(`policy:\n  semver:\n    range: ${JSON.stringify(range)}`);

const repository = (exclusions: string) => `---
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata:
  name: web
  namespace: apps
spec:
  image: example.com/web
  interval: 1m
  exclusionList: ${exclusions}
`;

async function explain(file: string, tags: string, args: readonly string[] = []) {
  await using folder = await temporaryFolder();
  const [policyFile, tagsFile] = [join(folder.path, 'policy.yaml'), join(folder.path, 'tags')];
  await writeFile(policyFile, file);
  await writeFile(tagsFile, tags);
  return await runInProcess(['explain', 'policy', '-f', policyFile, '--tags-file', tagsFile, ...args]);
}

async function answer(file: string, tags: string, args: readonly string[] = []) {
  const { code, stdout, stderr } = await explain(file, tags, [...args, '-o', 'json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as {
    selected: string | null;
    tags: { tag: string; stage: string; reason: string }[];
    hints: string[];
  };
}

test('JSON has the answer, every tag in its order with stage and reason, and hints', async () => {
  expect(await answer(semver('1.x'), '1.0.0\n1.1.0\n2.0.0\n1.2.0-rc.1\nlatest\n')).toEqual({
    selected: '1.1.0',
    tags: [
      { tag: '1.0.0', selected: false, stage: 'order', reason: 'comes before 1.1.0 in semver range "1.x"' },
      { tag: '1.1.0', selected: true, stage: 'selected', reason: 'first by semver range "1.x"' },
      { tag: '2.0.0', selected: false, stage: 'range', reason: 'outside the range "1.x"' },
      { tag: '1.2.0-rc.1', selected: false, stage: 'range', reason: 'a pre-release, and the range "1.x" names none' },
      { tag: 'latest', selected: false, stage: 'parse', reason: 'not a version of three parts' },
    ],
    hints: [expect.stringContaining('pre-release')],
  });
});

test.for([
  { because: 'tags may come one a line', tags: '1.0.0\r\n\r\n1.1.0' },
  { because: 'tags may be a JSON array', tags: '["1.0.0", "1.1.0"]' },
  { because: "tags may be a registry's answer", tags: '{"name": "web", "tags": ["1.0.0", "1.1.0"]}' },
  { because: 'a byte order mark is no part of a tag', tags: '\uFEFF1.1.0\n1.0.0' },
])('$because', async ({ tags }) => {
  expect((await answer(semver('*'), tags)).selected).toBe('1.1.0');
});

test('nothing that matches is an answer, not a failure', async () => {
  expect((await answer(semver('>=9'), '1.0.0\n')).selected).toBeNull();
});

test('no tags at all is an answer too', async () => {
  expect(await answer(semver('*'), '[]')).toMatchObject({ selected: null, tags: [] });
});

test.for([
  { because: "the repository's exclusion list counts", list: '["^1\\\\.1"]', selected: '1.0.0' },
  { because: 'an empty exclusion list excludes nothing', list: '[]', selected: '1.1.0' },
])('$because', async ({ list, selected }) => {
  expect((await answer(semver('*') + repository(list), '1.0.0\n1.1.0\n')).selected).toBe(selected);
});

test('signatures are excluded where no repository says otherwise', async () => {
  const { tags } = await answer(policy('policy:\n  alphabetical: {}'), 'a\nsha256-abc.sig\n');
  expect(tags.map(({ stage }) => stage)).toEqual(['selected', 'exclusion']);
});

test('older versions of the API are read too', async () => {
  expect((await answer(semver('*').replace('/v1', '/v1beta2'), '1.0.0')).selected).toBe('1.0.0');
});

test('of several policies in a file one is named', async () => {
  const file = `${semver('1.x')}---\n${policy('policy:\n  semver:\n    range: 2.x', 'next')}`;
  expect((await answer(file, '1.0.0\n2.0.0', ['next'])).selected).toBe('2.0.0');
});

test('text for people has the answer first, then the tags by rule', async () => {
  const { stdout } = await explain(semver('1.x'), '1.0.0\n1.1.0\n2.0.0\nlatest\n');
  await expect(stdout).toMatchFileSnapshot('golden/explain.txt');
});

test('of many tags each rule shows the first few, latest first, unless all are asked for', async () => {
  const tags = Array.from({ length: 30 }, (_, minor) => `1.${minor}.0`).join('\n');
  const { stdout } = await explain(semver('1.x'), tags);
  const all = await explain(semver('1.x'), tags, ['--all']);
  const shown = (text: string) => text.match(/^ {2}1\.\d+\.0/gm)?.map((line) => line.trim()) ?? [];
  expect([shown(stdout), shown(all.stdout).length]).toEqual([['1.29.0', '1.28.0', '1.27.0', '1.26.0', '1.25.0', '1.24.0'], 30]);
});

test.for([
  { because: 'an invalid range', file: semver('abc'), says: 'improper constraint' },
  {
    because: 'an invalid pattern',
    file: policy('policy:\n  alphabetical: {}\nfilterTags:\n  pattern: "("'),
    says: 'failed to filter tags',
  },
  { because: 'no kind of policy', file: policy('policy: {}'), says: 'given ImagePolicyChoice object is invalid' },
  {
    because: 'a misspelt field',
    file: policy('policy:\n  semvers:\n    range: 1.x'),
    says: 'unknown field "spec.policy.semvers"',
  },
  {
    because: 'a number where a text has to be',
    file: policy('policy:\n  semver:\n    range: 1.0'),
    says: 'must be of type string',
  },
  { because: 'broken YAML', file: 'kind: [', says: 'policy.yaml:1:' },
  { because: 'a file without a policy', file: 'kind: ConfigMap\napiVersion: v1\n', says: 'has no ImagePolicy' },
  { because: 'several policies and no name', file: `${semver('*')}---\n${policy('policy: {}', 'other')}`, says: 'web, other' },
])('$because ends with 2, the reason, and nothing on stdout', async ({ file, says }) => {
  const { code, stdout, stderr } = await explain(file, '1.0.0');
  expect({ code, stdout, says: stderr.includes(says) && stderr.startsWith('✗ ') }).toEqual({ code: 2, stdout: '', says: true });
});

test.for([
  { because: 'JSON that is none', tags: '["1.0.0"', says: 'begins like JSON' },
  { because: 'JSON of something else', tags: '[1]', says: 'array of tags' },
])('tags that are $because end with 2', async ({ tags, says }) => {
  const { code, stderr } = await explain(semver('*'), tags);
  expect({ code, says: stderr.includes(says) }).toEqual({ code: 2, says: true });
});

test('what a tag brings along cannot drive the terminal', async () => {
  const { stdout } = await explain(semver('*'), '1.0.0\nx\u001b[31m\u202ey\n');
  expect(stdout.includes('\u001b') || stdout.includes('\u202e')).toBe(false);
});

test('tags may come from standard input, of the program as it is installed', async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, 'policy.yaml'), semver('1.x'));
  const args = ['explain', 'policy', '-f', 'policy.yaml', '--tags-file', '-', '-o', 'yaml'];
  const { code, stdout } = await runTagalong(args, { cwd: folder.path, stdin: '1.0.0\n1.1.0\n' });
  expect([code, stdout.split('\n')[0]]).toEqual([0, 'selected: 1.1.0']);
});
