import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeProblems, type Policies, readPolicies } from '../../src/policies/index.ts';

async function read(text: string, namespace?: string): Promise<Policies> {
  const folder = await mkdtemp(join(tmpdir(), 'tagalong-policies-'));
  try {
    await writeFile(join(folder, 'all.yaml'), text);
    return await readPolicies(folder, namespace);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const repository = (spec: string, metadata = '{ name: web }') => `# a comment
apiVersion: image.toolkit.fluxcd.io/v1
kind: ImageRepository
metadata: ${metadata}
spec:
${spec}`;
const subject = 'ImageRepository.image.toolkit.fluxcd.io "web" is invalid:';

test('each mistake stands at the line and column of its own field', async () => {
  const { objects, problems } = await read(
    repository('  image: example.com/web\n  interval: often\n  sometimes: 1\n  timeout:   5\n'),
  );
  expect([objects, describeProblems(problems).split('\n')]).toEqual([
    [],
    [
      expect.stringMatching(`^all.yaml:7:13: ${subject} spec.interval: Invalid value: "often"`),
      expect.stringMatching(`^all.yaml:9:14: ${subject} spec.timeout: Invalid value: "integer"`),
      `all.yaml:8:3: ${subject} unknown field "spec.sometimes"`,
    ],
  ]);
});

test.for([
  {
    because: 'a field that is missing: what should hold it',
    spec: '  image: example.com/web\n',
    at: '5:1',
    says: 'spec.interval: Required value',
  },
  {
    because: 'an item of a list: the item',
    spec: '  image: example.com/web\n  interval: 1m\n  exclusionList:\n    - ok\n    - 7\n',
    at: '10:7',
    says: 'spec.exclusionList[1]',
  },
  {
    because: 'a mapping where a text belongs: its key',
    spec: '  interval: 1m\n  image:\n    name: web\n',
    at: '7:3',
    says: 'spec.image: ',
  },
  {
    because: 'a field behind an alias: where the alias points',
    spec: '  image: example.com/web\n  interval: 1m\n  accessFrom: &access\n    namespaceSelector: []\n  secretRef: *access\n',
    at: '9:5',
    says: 'unknown field "spec.accessFrom.namespaceSelector"',
  },
])('$because', async ({ spec, at, says }) => {
  const { problems } = await read(repository(spec));
  expect(describeProblems(problems).split('\n')).toContainEqual(expect.stringContaining(`all.yaml:${at}: ${subject} ${says}`));
});

test('a document that is no object at all is reported at its first line', async () => {
  const { problems } = await read('# first\n- 1\n');
  expect(describeProblems(problems)).toBe('all.yaml:2:1: a document needs apiVersion, kind and metadata.name');
});

test.for([
  { because: 'default where nobody says otherwise', namespace: undefined, metadata: '{ name: web }', is: 'default' },
  { because: 'the one that was asked for', namespace: 'apps', metadata: '{ name: web }', is: 'apps' },
  { because: "the object's own before that", namespace: 'apps', metadata: '{ name: web, namespace: shop }', is: 'shop' },
])('an object is in namespace $is: $because', async ({ namespace, metadata, is }) => {
  const { objects } = await read(repository('  image: example.com/web\n  interval: 1m\n', metadata), namespace);
  expect(objects.map(({ object }) => object.metadata.namespace)).toEqual([is]);
});
