import { expect, test } from 'vitest';
import { dependencyKeys, dependencyNotFound, dependencyReady, findCycle, findCycleThrough } from '../../src/apply/index.ts';
import { object } from './objects.ts';

const graphOf = (text: string) =>
  new Map(text.split(';').map((line) => [line.split('>')[0] ?? '', (line.split('>')[1] ?? '').split(' ').filter(Boolean)]));

test.for([
  { because: 'a chain has none', graph: 'a>b;b>c;c>', cycle: null },
  { because: 'two ways to one are none', graph: 'a>b c;b>d;c>d;d>', cycle: null },
  { because: 'one that depends on itself', graph: 'a>a', cycle: ['a', 'a'] },
  { because: 'two that wait for each other', graph: 'a>b;b>a', cycle: ['a', 'b', 'a'] },
  { because: 'the path leaves out what only leads there', graph: 'a>b;b>c;c>d;d>b', cycle: ['b', 'c', 'd', 'b'] },
  { because: 'one beside a chain', graph: 'x>y;y>;p>q;q>p', cycle: ['p', 'q', 'p'] },
  { because: 'a missing dependency is no cycle', graph: 'a>gone', cycle: null },
])('a cycle is named by its path: $because', ({ graph, cycle }) => {
  expect(findCycle(graphOf(graph))).toEqual(cycle);
});

test('whoever only leads to a cycle is not on it', () => {
  const graph = graphOf('a>b;b>c;c>b');
  expect(findCycleThrough('a', graph)).toBeNull();
  expect(findCycleThrough('c', graph)).toEqual(['c', 'b', 'c']);
});

test('a chain of thousands is walked without a stack overflow', () => {
  const chain = new Map(Array.from({ length: 20_000 }, (_, index) => [`k${index}`, [`k${index + 1}`]]));
  expect(findCycle(chain)).toBeNull();
});

const kind = 'kustomize.toolkit.fluxcd.io/v1 Kustomization';
const sourceRef = { kind: 'GitRepository', name: 'fleet' };
const self = object(`${kind} flux-system/apps`, {
  spec: { sourceRef, dependsOn: [{ name: 'infra' }, { name: 'db', namespace: 'data' }] },
});
const ready = { type: 'Ready', status: 'True' };
const revision = 'main@sha1:abc';
const infra = (status: object, spec: object = { sourceRef }) =>
  object(`${kind} flux-system/infra`, { spec, status }, { generation: 3 });

test('a dependency without a namespace is in that of the object', () => {
  expect(dependencyKeys(self)).toEqual(['flux-system/infra', 'data/db']);
});

test.for([
  {
    because: 'it is Ready at our revision',
    given: infra({ observedGeneration: 3, conditions: [ready], lastAppliedRevision: revision }),
    says: null,
  },
  {
    because: 'it has no status yet',
    given: infra({ observedGeneration: -1 }),
    says: "dependency 'flux-system/infra' is not ready",
  },
  {
    because: 'its spec changed meanwhile',
    given: infra({ observedGeneration: 2, conditions: [ready], lastAppliedRevision: revision }),
    says: "dependency 'flux-system/infra' is not ready",
  },
  {
    because: 'it failed',
    given: infra({ observedGeneration: 3, conditions: [{ type: 'Ready', status: 'False' }], lastAppliedRevision: revision }),
    says: "dependency 'flux-system/infra' is not ready",
  },
  {
    because: 'it is at an older revision of the same source',
    given: infra({ observedGeneration: 3, conditions: [ready], lastAppliedRevision: 'main@sha1:old' }),
    says: "dependency 'flux-system/infra' revision is not up to date",
  },
  {
    because: 'it names the same source with its namespace',
    given: infra({ observedGeneration: 3, conditions: [ready] }, { sourceRef: { ...sourceRef, namespace: 'flux-system' } }),
    says: "dependency 'flux-system/infra' revision is not up to date",
  },
  {
    because: 'another source has revisions of its own',
    given: infra(
      { observedGeneration: 3, conditions: [ready], lastAppliedRevision: 'x' },
      { sourceRef: { ...sourceRef, name: 'other' } },
    ),
    says: null,
  },
  {
    because: 'a source of that name elsewhere is another',
    given: infra({ observedGeneration: 3, conditions: [ready] }, { sourceRef: { ...sourceRef, namespace: 'data' } }),
    says: null,
  },
])('waits or goes on: $because', ({ given, says }) => {
  expect(dependencyReady(self, given, revision)).toEqual(says === null ? { do: 'ready' } : { do: 'wait', because: says });
});

test('a missing dependency is named as the API server would', () => {
  expect(dependencyNotFound({ namespace: 'data', name: 'db' })).toBe(
    `dependency 'data/db' not found: kustomizations.kustomize.toolkit.fluxcd.io "db" not found`,
  );
});
