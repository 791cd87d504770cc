import { afterAll, beforeAll, expect, test } from 'vitest';
import { isImmutableError } from '../../src/apply/index.ts';
import { ClusterError, createCluster } from '../../src/cluster/index.ts';
import { type KubeObject, silentLog, systemClock } from '../../src/core/index.ts';
import { describeClusterBehaviour } from '../cluster-client/behaviour.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { type KubeApiServer, startKubeApiServer } from '../real/index.ts';

describeWithParts(['kube-apiserver', 'etcd'], 'a real kube-apiserver', () => {
  describeClusterBehaviour('the client and the planners', startKubeApiServer);

  let shared: KubeApiServer;
  beforeAll(async () => {
    shared = await startKubeApiServer();
  });
  afterAll(() => shared?.[Symbol.asyncDispose]());

  const connectTo = (yaml: string) =>
    createCluster({ kubeconfig: { yaml }, userAgent: 'tagalong/test', clock: systemClock, log: silentLog });

  test('impersonation is asked for the user, shares the identity’s connection, and is refused by RBAC where it must be', async () => {
    await using server = await startKubeApiServer({ users: [{ name: 'jane', token: 'jane-token' }] });
    const cluster = await connectTo(server.kubeconfigYaml);
    const jane = await connectTo(server.kubeconfigWith('jane-token'));
    try {
      const tenant = cluster.impersonate('system:serviceaccount:default:deployer');
      const kind = { group: '', version: 'v1', kind: 'ConfigMap' };
      await expect(tenant.list(kind, { namespace: 'default' })).rejects.toMatchObject({
        code: 'FORBIDDEN',
        reason: 'Forbidden',
        message: expect.stringContaining('User "system:serviceaccount:default:deployer" cannot list resource "configmaps"'),
      });
      await expect(jane.watch(kind, { signal: AbortSignal.timeout(20_000) }, () => {})).rejects.toMatchObject({
        code: 'FORBIDDEN',
      });
      await expect((await connectTo(server.kubeconfigWith('wrong'))).list(kind)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    } finally {
      await cluster.close();
      await jane.close();
    }
  });

  test.for([
    { because: 'a StatefulSet’s service', kind: 'StatefulSet', before: statefulSet('a'), after: statefulSet('b'), is: true },
    {
      because: 'a negative number of replicas',
      kind: 'StatefulSet',
      before: statefulSet('a'),
      after: statefulSet('a', -1),
      is: false,
    },
    { because: 'a job’s template', kind: 'Job', before: job('web:1'), after: job('web:2'), is: true },
    { because: 'a role reference', kind: 'RoleBinding', before: binding('a'), after: binding('b'), is: true },
    { because: 'a Secret that says so', kind: 'Secret', before: secret('eA=='), after: secret('eQ=='), is: true },
    {
      because: 'parameters of a StorageClass',
      kind: 'StorageClass',
      before: storageClass('a'),
      after: storageClass('b'),
      is: true,
    },
    { because: 'the image of a Pod may change, its command not', kind: 'Pod', before: pod('a'), after: pod('b'), is: true },
    { because: 'the address of a Service', kind: 'Service', before: service('10.96.7.7'), after: service('10.96.7.8'), is: true },
    { because: 'storage of a claim', kind: 'PersistentVolumeClaim', before: claim('a'), after: claim('b'), is: true },
  ])('recreating would help: $is, $because', async ({ before, after, is }) => {
    const cluster = await connectTo(shared.kubeconfigYaml);
    try {
      await cluster.apply(before, { fieldManager: 'me', force: true });
      const refusal = await cluster
        .apply(after, { fieldManager: 'me', force: true, dryRun: true })
        .catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(ClusterError);
      expect({ is: isImmutableError(refusal), text: String(refusal) }).toEqual({ is, text: String(refusal) });
    } finally {
      await cluster.close();
    }
  });

  test('a kind is found as soon as its definition is served, and its objects are watched', async () => {
    await using server = await startKubeApiServer();
    const cluster = await connectTo(server.kubeconfigYaml);
    try {
      const widget = { group: 'example.com', version: 'v1', kind: 'Widget' };
      expect(await cluster.resource(widget)).toBeNull();
      await cluster.apply(widgetDefinition, { fieldManager: 'me', force: true });
      await expect
        .poll(() => cluster.resource(widget), { timeout: 20_000 })
        .toMatchObject({ resource: 'widgets', namespaced: true });
    } finally {
      await cluster.close();
    }
  });
});

const widgetDefinition: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    names: { kind: 'Widget', plural: 'widgets' },
    scope: 'Namespaced',
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};

function named(sentence: string, rest: object): KubeObject {
  const [apiVersion = '', kind = ''] = sentence.split(' ');
  const namespaced = kind === 'StorageClass' ? {} : { namespace: 'default' };
  return { apiVersion, kind, metadata: { name: 'fixed', ...namespaced }, ...rest };
}

function podTemplate(image: string, command = 'run') {
  return {
    metadata: { labels: { a: 'b' } },
    spec: { restartPolicy: 'Never', containers: [{ name: 'app', image, command: [command] }] },
  };
}

function statefulSet(serviceName: string, replicas = 1): KubeObject {
  const { metadata, spec } = podTemplate('web:1');
  const template = { metadata, spec: { ...spec, restartPolicy: 'Always' } };
  return named('apps/v1 StatefulSet', { spec: { serviceName, replicas, selector: { matchLabels: { a: 'b' } }, template } });
}

function job(image: string): KubeObject {
  return named('batch/v1 Job', { spec: { template: podTemplate(image) } });
}

function binding(role: string): KubeObject {
  return named('rbac.authorization.k8s.io/v1 RoleBinding', {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role },
  });
}

function secret(value: string): KubeObject {
  return named('v1 Secret', { immutable: true, data: { a: value } });
}

function storageClass(value: string): KubeObject {
  return named('storage.k8s.io/v1 StorageClass', { provisioner: 'example.com/disks', parameters: { a: value } });
}

function pod(command: string): KubeObject {
  return named('v1 Pod', { spec: podTemplate('web:1', command).spec });
}

function service(clusterIP: string): KubeObject {
  return named('v1 Service', { spec: { clusterIP, ports: [{ port: 80, protocol: 'TCP' }] } });
}

function claim(storageClassName: string): KubeObject {
  const spec = { storageClassName, accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  return named('v1 PersistentVolumeClaim', { spec });
}
