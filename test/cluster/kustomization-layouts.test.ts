import { afterAll, beforeAll, expect, test } from 'vitest';
import { customResourceDefinitions } from '../../src/api/index.ts';
import type { KubeObject } from '../../src/core/index.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { type KubeApiServer, kustomizeCommand, startKubeApiServer, waitUntil } from '../real/index.ts';
import {
  configMap,
  configMapRef,
  deployment,
  type Home,
  kustomization,
  kustomizationRef,
  openHome,
  type Process,
  readyOf,
  startProcess,
  statusOf,
  waitReady,
  waitReason,
} from '../reconcilers/kustomization-fixture.ts';

const definition = (kind: string, plural: string) => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ${plural}.certs.example.com, labels: {app.kubernetes.io/part-of: certs}}
spec:
  group: certs.example.com
  scope: Namespaced
  names: {kind: ${kind}, plural: ${plural}, singular: ${kind.toLowerCase()}, listKind: ${kind}List}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, x-kubernetes-preserve-unknown-fields: true}, status: {type: object, x-kubernetes-preserve-unknown-fields: true}}}}
`;

/** What a chart for certificates renders to, custom resources first, as file names have it. */
const chart = [
  'apiVersion: certs.example.com/v1\nkind: Certificate\nmetadata: {name: web, namespace: certs}\nspec: {secretName: web-tls, issuerRef: {name: self}}\n',
  'apiVersion: certs.example.com/v1\nkind: Issuer\nmetadata: {name: self, namespace: certs}\nspec: {selfSigned: {}}\n',
  definition('Certificate', 'certificates'),
  definition('Issuer', 'issuers'),
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: certs}\n',
  'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: controller, namespace: certs}\n',
  'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: certs:controller}\nrules: [{apiGroups: [certs.example.com], resources: ["*"], verbs: ["*"]}]\n',
  'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: certs:controller}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: certs:controller}\nsubjects: [{kind: ServiceAccount, name: controller, namespace: certs}]\n',
  deployment('controller').replace('namespace: default', 'namespace: certs'),
  'apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: certs}\nwebhooks: [{name: v.certs.example.com, admissionReviewVersions: [v1], sideEffects: None, failurePolicy: Ignore, clientConfig: {service: {name: x, namespace: certs}}, rules: [{apiGroups: [certs.example.com], apiVersions: [v1], operations: [CREATE], resources: [certificates]}]}]\n',
].join('---\n');

describeWithParts(['kube-apiserver', 'etcd', 'kustomize'], 'Repositories as people lay them out, on a real API server', () => {
  let api: KubeApiServer;
  let home: Home;
  let running: Process;

  beforeAll(async () => {
    api = await startKubeApiServer();
    home = await openHome(api.kubeconfigYaml);
    for (const one of customResourceDefinitions())
      await home.cluster.apply(one as unknown as KubeObject, { fieldManager: 'test', force: true });
    for (const { spec } of customResourceDefinitions()) {
      const kind = { group: spec.group, version: spec.versions[0]?.name ?? 'v1', kind: spec.names.kind };
      await waitUntil(`${spec.names.kind} to be served`, async () => (await home.cluster.resource(kind)) !== null);
    }
    const [program, ...args] = kustomizeCommand();
    running = await startProcess(home, { kustomize: args.length === 0 ? [program, 'build'] : [program, ...args] });
  });

  afterAll(async () => {
    await running?.[Symbol.asyncDispose]();
    await home?.[Symbol.asyncDispose]();
    await api?.[Symbol.asyncDispose]();
  });

  const start = async (name: string, files: Record<string, string>, spec: Record<string, unknown> = {}) => {
    await home.create(kustomization(name, { path: './', sourceRef: { kind: 'GitRepository', name }, ...spec }));
    return home.commit(files, name);
  };

  test('a chart with definitions and their objects in one file comes up in order, and drifts are undone', async () => {
    await waitReady(home, 'chart', await start('chart', { 'chart.yaml': chart }));
    const ref = { group: 'certs.example.com', version: 'v1', kind: 'Certificate', namespace: 'certs', name: 'web' };
    expect((await home.get(ref))?.['spec']).toMatchObject({ secretName: 'web-tls' });
    const binding = { group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRoleBinding', name: 'certs:controller' };
    expect(await home.get(binding)).not.toBeNull();
    await home.cluster.patch(ref, { spec: { secretName: 'other' } }, { type: 'merge', fieldManager: 'kubectl-edit' });
    await waitUntil('the drift to be undone', async () => JSON.stringify((await home.get(ref))?.['spec']).includes('web-tls'));
  });

  test('a monorepo with two clusters, infrastructure, base and overlays: each cluster has its own, in order', async () => {
    const child = (name: string, path: string, dependsOn: readonly string[]) =>
      JSON.stringify(
        kustomization(name, {
          path,
          sourceRef: { kind: 'GitRepository', name: 'fleet' },
          dependsOn: dependsOn.map((one) => ({ name: one })),
        }),
      );
    const files = {
      'clusters/staging/infrastructure.yaml': child('infrastructure', './infrastructure/controllers', []),
      'clusters/staging/configs.yaml': child('configs', './infrastructure/configs', ['infrastructure']),
      'clusters/staging/apps.yaml': child('apps', './apps/staging', ['configs']),
      'clusters/production/apps.yaml': child('apps', './apps/production', []),
      'infrastructure/controllers/kustomization.yaml': 'resources: [definition.yaml]\n',
      'infrastructure/controllers/definition.yaml': definition('Route', 'routes').replaceAll(
        'certs.example.com',
        'net.example.com',
      ),
      'infrastructure/configs/route.yaml':
        'apiVersion: net.example.com/v1\nkind: Route\nmetadata: {name: main, namespace: default}\nspec: {host: example.com}\n',
      'apps/base/podinfo/kustomization.yaml': 'resources: [configmap.yaml]\n',
      'apps/base/podinfo/configmap.yaml': configMap('podinfo', 'base'),
      'apps/staging/kustomization.yaml':
        'resources: [../base/podinfo]\npatches: [{path: podinfo.yaml, target: {kind: ConfigMap}}]\ncommonAnnotations: {stage: staging}\n',
      'apps/staging/podinfo.yaml': configMap('podinfo', 'staging'),
      'apps/production/kustomization.yaml': 'resources: [../base/podinfo]\ncommonAnnotations: {stage: production}\n',
    };
    const revision = await start('fleet', files, { path: './clusters/staging' });
    for (const name of ['fleet', 'infrastructure', 'configs', 'apps']) {
      await waitUntil(`${name} to be there`, async () => (await home.get(kustomizationRef(name))) !== null);
      await waitReady(home, name, revision);
    }
    const podinfo = await home.get(configMapRef('podinfo'));
    expect(podinfo?.['data']).toEqual({ value: 'staging' });
    expect(podinfo?.metadata.annotations?.['stage']).toBe('staging');
    const readyAt = async (name: string) => Date.parse((await readyOf(home, name))?.lastTransitionTime ?? '');
    expect(await readyAt('infrastructure')).toBeLessThanOrEqual(await readyAt('apps'));
    const built = running.builder.built;
    const next = await home.commit({ ...files, 'apps/production/README.md': 'nothing of staging' }, 'fleet');
    for (const name of ['fleet', 'infrastructure', 'configs', 'apps']) await waitReady(home, name, next);
    expect(running.builder.built).toBe(built);
  });

  test.for([
    {
      because: 'an admission refusal',
      file: 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: bad, namespace: default}\nspec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: b}}, spec: {containers: [{name: x, image: y}]}}}\n',
      says: /Deployment\/default\/bad dry-run failed \(Invalid\): .*selector.*does not match template/s,
    },
    {
      because: 'a kind that the server does not know',
      file: 'apiVersion: nowhere.example.com/v1\nkind: Thing\nmetadata: {name: bad, namespace: default}\n',
      says: /no matches for kind "Thing" in version "nowhere\.example\.com\/v1"/,
    },
    {
      because: 'a namespace that is not there',
      file: configMap('bad').replace('namespace: default', 'namespace: nowhere'),
      says: /namespaces "nowhere" not found/,
    },
    {
      because: 'a value of the wrong type',
      file: 'apiVersion: v1\nkind: Service\nmetadata: {name: bad, namespace: default}\nspec: {ports: [{port: eighty}]}\n',
      says: /Service\/default\/bad dry-run failed/,
    },
  ])(
    '$because is told in the server’s words, nothing is written, and a mended file heals it',
    async ({ because, file, says }) => {
      const name = `refused-${because.replaceAll(' ', '-')}`;
      await start(name, { 'good.yaml': configMap(name), 'bad.yaml': file }, { retryInterval: '1h' });
      await waitReason(home, name, 'ReconciliationFailed');
      expect((await readyOf(home, name))?.message).toMatch(says);
      expect(await home.get(configMapRef(name))).toBeNull();
      await waitReady(home, name, await home.commit({ 'good.yaml': configMap(name) }, name));
    },
  );

  test('a quota that is used up is told, and what fits later is applied', async () => {
    const quota = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: small}\n';
    await waitReady(home, 'quota', await start('quota', { 'ns.yaml': quota }));
    const limit = {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'none', namespace: 'small' },
      spec: { hard: { 'count/configmaps': '0' } },
    };
    await home.create(limit);
    const ref = { group: '', version: 'v1', kind: 'ResourceQuota', namespace: 'small', name: 'none' };
    // No controller runs here that would count.
    await home.cluster.patch(
      ref,
      { status: { hard: { 'count/configmaps': '0' }, used: { 'count/configmaps': '0' } } },
      { type: 'merge', subresource: 'status' },
    );
    const inside = configMap('one').replace('namespace: default', 'namespace: small');
    await home.commit({ 'ns.yaml': quota, 'one.yaml': inside }, 'quota');
    await waitReason(home, 'quota', 'ReconciliationFailed');
    expect((await readyOf(home, 'quota'))?.message).toMatch(/exceeded quota: none/);
  });

  test('a field that another manager applies is taken over, as with Flux', async () => {
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'contested', namespace: 'default' },
      data: { value: 'theirs' },
    };
    await home.cluster.apply(object, { fieldManager: 'somebody', force: true });
    await waitReady(home, 'contested', await start('contested', { 'a.yaml': configMap('contested', 'ours') }));
    expect((await home.get(configMapRef('contested')))?.['data']).toEqual({ value: 'ours' });
  });

  test('a login by the tokens of a ServiceAccount reaches a cluster that trusts them', async () => {
    const metadata = { name: 'deployer', namespace: 'flux-system' };
    await home.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata });
    const subject = { kind: 'ServiceAccount', ...metadata };
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
    await home.create({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'deployer' },
      roleRef,
      subjects: [subject],
    });
    const data = {
      provider: 'generic',
      address: api.url,
      'ca.crt': api.caData,
      audiences: 'https://kubernetes.default.svc',
      serviceAccountName: 'deployer',
    };
    await home.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'login', namespace: 'flux-system' }, data });
    const revision = await start(
      'token',
      { 'a.yaml': configMap('by-token') },
      { kubeConfig: { configMapRef: { name: 'login' } } },
    );
    await waitReady(home, 'token', revision);
    const applies = (await api.auditedRequests()).filter(
      ({ uri }) => uri.includes('/configmaps/by-token?') && uri.includes('force=true'),
    );
    expect(new Set(applies.map(({ user }) => user))).toEqual(new Set(['system:serviceaccount:flux-system:deployer']));
    expect((await statusOf(home, 'token'))?.lastAppliedRevision).toBe(revision);
  });
});
