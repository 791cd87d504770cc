import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type Home,
  idsOf,
  kustomization,
  kustomizationRef,
  type Process,
  startHome,
  startProcess,
  statusOf,
  waitReady,
} from './kustomization-fixture.ts';

let home: Home;
let running: Process;
beforeEach(async () => {
  home = await startHome();
  running = await startProcess(home);
});
afterEach(async () => {
  await running[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

const definition = (scope: 'Cluster' | 'Namespaced') =>
  JSON.stringify({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'issuers.example.com' },
    spec: {
      group: 'example.com',
      scope,
      names: { kind: 'Issuer', plural: 'issuers', singular: 'issuer', listKind: 'IssuerList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  });
/** As kustomize leaves it under `namespace: flux-system`, whose own list of kinds is the built-in ones. */
const issuer = JSON.stringify({
  apiVersion: 'example.com/v1',
  kind: 'Issuer',
  metadata: { name: 'acme', namespace: 'flux-system' },
});
const issuerRef = { group: 'example.com', version: 'v1', kind: 'Issuer', name: 'acme' };
const issuerId = '_acme_example.com_Issuer';

test('an object of a cluster-scoped kind is known without the namespace that kustomize gave it', async () => {
  const revision = await home.commit({ 'apps/definition.yaml': definition('Cluster'), 'apps/issuer.yaml': issuer });
  await home.create(kustomization('apps', { path: './apps' }));
  await waitReady(home, 'apps', revision);
  expect(idsOf(await statusOf(home, 'apps'))).toEqual([
    '_issuers.example.com_apiextensions.k8s.io_CustomResourceDefinition',
    issuerId,
  ]);
});

test('so what Flux has in its inventory is not pruned when it is applied here', async () => {
  await home.create(JSON.parse(definition('Cluster')));
  const revision = await home.commit({ 'apps/issuer.yaml': issuer });
  await home.create({ ...kustomization('apps', { path: './apps' }) });
  await waitReady(home, 'apps', revision);
  const { uid } = (await home.get(issuerRef))?.metadata ?? {};
  await home.cluster.patch(
    kustomizationRef('apps'),
    { status: { inventory: { entries: [{ id: issuerId, v: 'v1' }] } } },
    { type: 'merge', subresource: 'status' },
  );
  const next = await home.commit({ 'apps/issuer.yaml': issuer, 'apps/more.yaml': issuer.replaceAll('acme', 'other') });
  await waitReady(home, 'apps', next);
  expect((await home.get(issuerRef))?.metadata.uid).toBe(uid);
  expect(idsOf(await statusOf(home, 'apps')).toSorted()).toEqual([issuerId, issuerId.replace('acme', 'other')]);
});

test('a kind that is namespaced keeps its namespace, whether or not its definition comes along', async () => {
  const revision = await home.commit({ 'apps/definition.yaml': definition('Namespaced'), 'apps/issuer.yaml': issuer });
  await home.create(kustomization('apps', { path: './apps' }));
  await waitReady(home, 'apps', revision);
  expect(idsOf(await statusOf(home, 'apps'))).toContain('flux-system_acme_example.com_Issuer');
});
