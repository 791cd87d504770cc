import { describe, expect, test } from 'vitest';
import { compileIgnoreRules, leaveIgnored, withoutIgnored } from '../../src/apply/index.ts';
import type { KubeObject } from '../../src/core/index.ts';

const web: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web', tier: 'front' }, annotations: { 'a/b': 'x' } },
  spec: {
    replicas: 2,
    template: {
      spec: {
        containers: [
          { name: 'a', image: 'a:1' },
          { name: 'b', image: 'b:1' },
        ],
      },
    },
  },
};

describe('a rule is for an object when', () => {
  test.for([
    { because: 'it names no target', target: undefined, matches: true },
    { because: 'kind and group match', target: { group: 'apps', kind: 'Deployment' }, matches: true },
    { because: 'a regular expression matches', target: { kind: 'Deployment|StatefulSet', name: 'w.*' }, matches: true },
    { because: 'it would match only a part (no)', target: { name: 'we' }, matches: false },
    { because: 'labels match', target: { labelSelector: 'app=web,tier in (front, back),!old,app!=api' }, matches: true },
    { because: 'a label is another (no)', target: { labelSelector: 'app=api' }, matches: false },
    { because: 'a label is missing where it must not (no)', target: { labelSelector: 'owner' }, matches: false },
    { because: 'a label is not in the list', target: { labelSelector: 'tier notin (back)' }, matches: true },
    { because: 'annotations match', target: { annotationSelector: 'a/b=x' }, matches: true },
    { because: 'the namespace is another (no)', target: { namespace: 'prod' }, matches: false },
  ])('$because', ({ target, matches }) => {
    const ignoredIn = compileIgnoreRules([{ paths: ['/spec/replicas'], target }]);
    expect(ignoredIn(web)).toEqual(matches ? [['spec', 'replicas']] : []);
  });
});

test.for([
  {
    because: 'a path without a slash',
    rule: { paths: ['spec.replicas'] },
    says: /spec\.ignore\[0\]\.paths\[0\]: 'spec\.replicas' is no JSON pointer/,
  },
  { because: 'a wrong escape', rule: { paths: ['/a~2b'] }, says: /is no JSON pointer/ },
  { because: 'an open bracket', rule: { paths: ['/a'], target: { name: '(' } }, says: /spec\.ignore\[0\]\.target\.name: / },
  { because: 'a selector that is none', rule: { paths: ['/a'], target: { labelSelector: 'a=b=c' } }, says: /is no selector/ },
])('refused: $because', ({ rule, says }) => {
  expect(() => compileIgnoreRules([rule])).toThrow(says);
});

describe('for comparing', () => {
  test.for([
    { path: '/spec/replicas', gone: '"replicas":2,' },
    { path: '/spec/template/spec/containers/1/image', gone: ',"image":"b:1"' },
    { path: '/spec/template/spec/containers/0', gone: '{"name":"a","image":"a:1"},' },
    { path: '/metadata/annotations/a~1b', gone: '"a/b":"x"' },
    { path: '/spec/nothing/here', gone: '' },
    { path: '/spec/template/spec/containers/7', gone: '' },
  ])('$path is taken out, and nothing else', ({ path, gone }) => {
    const before = JSON.stringify(web);
    const [steps = []] = compileIgnoreRules([{ paths: [path] }])(web);
    expect(JSON.stringify(withoutIgnored(web, [steps]))).toBe(before.replace(gone, ''));
    expect(JSON.stringify(web)).toBe(before);
  });

  test('two items of a list are both taken out', () => {
    const ignored = compileIgnoreRules([{ paths: ['/spec/template/spec/containers/0', '/spec/template/spec/containers/1'] }])(
      web,
    );
    expect(JSON.stringify(withoutIgnored(web, ignored))).toContain('"containers":[]');
  });
});

describe('for sending', () => {
  const entry = (manager: string, operation: 'Apply' | 'Update', fieldsV1: Record<string, unknown>) => ({
    ...{ manager, operation, apiVersion: 'apps/v1', fieldsType: 'FieldsV1', fieldsV1 },
  });
  const liveWith = (replicas: number | undefined, managedFields: readonly unknown[]) =>
    ({
      ...web,
      metadata: { ...web.metadata, managedFields },
      spec: { ...(web['spec'] as object), ...(replicas === undefined ? { replicas: undefined } : { replicas }) },
    }) as unknown as KubeObject;
  const send = (live: KubeObject, path = '/spec/replicas') =>
    leaveIgnored(web, {
      live,
      tried: web,
      ignored: compileIgnoreRules([{ paths: [path] }])(web),
      fieldManager: 'kustomize-controller',
    });
  const replicasOf = (object: KubeObject) => (object['spec'] as { replicas?: number }).replicas;

  test('a value that is as in git is sent', () => {
    expect(send(liveWith(2, []))).toEqual(web);
  });

  test('a value of somebody who updated it is adopted, so that it stays', () => {
    expect(replicasOf(send(liveWith(5, [entry('autoscaler', 'Update', { 'f:spec': { 'f:replicas': {} } })])))).toBe(5);
  });

  test('a value of somebody who applies it is left out', () => {
    expect(replicasOf(send(liveWith(5, [entry('autoscaler', 'Apply', { 'f:spec': { 'f:replicas': {} } })])))).toBeUndefined();
  });

  test('an item of a list is found by its key', () => {
    const live = structuredClone(web) as KubeObject & { spec: { template: { spec: { containers: { image: string }[] } } } };
    const [, second] = live.spec.template.spec.containers;
    if (second !== undefined) second.image = 'b:9';
    const fields = { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"b"}': { 'f:image': {} } } } } };
    live.metadata.managedFields = [entry('rollouts', 'Apply', { 'f:spec': fields })];
    const sent = send(live, '/spec/template/spec/containers/1/image');
    expect(JSON.stringify(sent)).toBe(JSON.stringify(web).replace(',"image":"b:1"', ''));
  });
});
