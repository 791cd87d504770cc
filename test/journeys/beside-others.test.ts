import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../src/core/index.ts';
import { follows } from '../../src/reconcilers/argo-applications.ts';
import { conditionOf, type Loop, startLoop } from './support/start-loop.ts';

const web = 'apps/web.yaml';
const example = (path: string) => readFileSync(new URL(`../../examples/${path}`, import.meta.url), 'utf8');

/** As much of Argo CD's definition as an API needs to serve Applications. */
const definition: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'applications.argoproj.io' },
  spec: {
    group: 'argoproj.io',
    scope: 'Namespaced',
    names: { kind: 'Application', listKind: 'ApplicationList', plural: 'applications', singular: 'application' },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};
const applicationKind = { group: 'argoproj.io', version: 'v1alpha1', kind: 'Application', namespace: 'argocd' };

function application(name: string, source: object): KubeObject {
  const { spec, ...rest } = parse(example('beside-argo-cd/application.yaml')) as KubeObject;
  return { ...rest, metadata: { name, namespace: 'argocd' }, spec: { ...(spec as object), source } } as KubeObject;
}

async function startBeside(): Promise<Loop> {
  const loop = await startLoop({ asleep: true });
  await loop.startApp({ controllers: ['image'] });
  return loop;
}

function refreshOf(loop: Loop, name: string): Promise<string | undefined> {
  return loop.cluster
    .get({ ...applicationKind, name })
    .then((object) => object?.metadata.annotations?.['argocd.argoproj.io/refresh']);
}

test('after a push the Applications on that branch are refreshed, and no others', async () => {
  await using loop = await startBeside();
  const { url } = loop.gitHost;
  await loop.apply(definition, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } });
  await loop.until('the kind', () => loop.cluster.resource(applicationKind));
  await loop.apply(
    application('same', { repoURL: url('fleet'), targetRevision: 'main' }),
    application('other-branch', { repoURL: url('fleet'), targetRevision: 'stable' }),
    application('other-repository', { repoURL: url('else'), targetRevision: 'main' }),
  );
  await loop.pushTag('web', '1.1.0');
  await loop.lands(web, ':1.1.0');
  await loop.until('the refresh', async () => (await refreshOf(loop, 'same')) === 'normal');
  expect([await refreshOf(loop, 'other-branch'), await refreshOf(loop, 'other-repository')]).toEqual([undefined, undefined]);
});

test('where there is no Argo CD, nothing is asked about Applications, and the push lands all the same', async () => {
  await using loop = await startBeside();
  await loop.pushTag('web', '1.1.0');
  await loop.lands(web, ':1.1.0');
  await loop.rests();
  expect([...loop.controlPlane.requests].filter(({ path }) => path.includes('applications'))).toEqual([]);
});

test('after a push the GitRepository is asked to look, as the flux CLI asks', async () => {
  await using loop = await startBeside();
  await loop.pushTag('web', '1.1.0');
  await loop.lands(web, ':1.1.0');
  const source = await loop.until('it is asked', async () => {
    const object = await loop.get('GitRepository', 'fleet');
    return object.metadata.annotations?.['reconcile.fluxcd.io/requestedAt'] !== undefined && object;
  });
  // Nobody here serves sources: that is the other one's work.
  expect(conditionOf(source, 'Ready')).toBeUndefined();
});

test.for([
  { repoURL: 'git@git.example.com:acme/fleet.git', targetRevision: 'main', is: true },
  { repoURL: 'ssh://git@git.example.com:2222/acme/fleet', targetRevision: 'refs/heads/main', is: true },
  { repoURL: 'https://git.example.com/acme/fleet/', targetRevision: 'HEAD', is: true },
  { repoURL: 'https://git.example.com/acme/fleet.git', is: true },
  { repoURL: 'https://git.example.com/acme/fleet.git', targetRevision: 'v1.0.0', is: false },
  { repoURL: 'https://git.example.com/acme/fleet-2.git', targetRevision: 'main', is: false },
  { repoURL: 'oci://registry.example.com/charts', targetRevision: '1.x', is: false },
])('$repoURL at $targetRevision follows main of acme/fleet: $is', ({ is, ...source }) => {
  const url = 'https://git.example.com/acme/fleet.git';
  expect(follows(application('a', source), url, 'main')).toBe(is);
  const { spec, ...rest } = application('a', {});
  expect(
    follows({ ...rest, spec: { ...(spec as object), source: undefined, sources: [{}, source] } } as KubeObject, url, 'main'),
  ).toBe(is);
});

test.for(['beside-flux', 'beside-argo-cd'])('the resources of examples/%s are taken as they are', async (name) => {
  await using loop = await startLoop({ asleep: true, source: null, repository: null, policy: null, automation: null });
  await loop.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } });
  const objects = parseAllDocuments(example(`${name}/bot.yaml`)).map((document) => document.toJS() as KubeObject);
  await loop.apply(...objects);
  expect(objects.map(({ kind }) => kind)).toEqual(['GitRepository', 'ImageRepository', 'ImagePolicy', 'ImageUpdateAutomation']);
  expect(example(`${name}/apps/web.yaml`)).toContain('# {"$imagepolicy": "flux-system:web"}');
});
