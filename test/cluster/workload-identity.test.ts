import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCloudLogins } from '../../src/auth/index.ts';
import { createCluster } from '../../src/cluster/index.ts';
import { type Cluster, silentLog, systemClock } from '../../src/core/index.ts';
import { clusterReader, resolveRegistryAccess } from '../../src/reconcilers/index.ts';
import { startStandIn } from '../auth/cloud-stand-ins.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { type KubeApiServer, startKubeApiServer } from '../real/index.ts';

describeWithParts(['kube-apiserver', 'etcd'], 'a ServiceAccount at a cloud', () => {
  let api: KubeApiServer;
  let cluster: Cluster;
  beforeAll(async () => {
    api = await startKubeApiServer();
    const options = { kubeconfig: { yaml: api.kubeconfigYaml }, userAgent: 'test', clock: systemClock, log: silentLog };
    cluster = await createCluster(options);
    await cluster.apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'apps' } },
      { fieldManager: 'test', force: true },
    );
  });
  afterAll(async () => {
    await cluster.close();
    await api[Symbol.asyncDispose]();
  });

  test('shows the cloud a token that the API server made for it', async () => {
    const provider = 'projects/1/locations/global/workloadIdentityPools/p/providers/k';
    const annotations = { 'gcp.auth.fluxcd.io/workload-identity-provider': provider };
    await cluster.create({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'scanner', namespace: 'apps', annotations },
    });
    const issued = 'urn:ietf:params:oauth:token-type:access_token';
    await using google = await startStandIn(() => ({
      body: { access_token: 'of the cloud', issued_token_type: issued, token_type: 'Bearer', expires_in: 3600 },
    }));
    const access = await resolveRegistryAccess(
      { interval: '1m', provider: 'gcp', serviceAccountName: 'scanner' },
      { registry: 'europe-docker.pkg.dev', repository: 'acme/web' },
      {
        reader: clusterReader(cluster, 'apps'),
        logins: createCloudLogins({ clock: systemClock, endpoints: { googleTokens: google.url } }),
      },
    );
    expect(access.credentials).toMatchObject({ kind: 'basic', username: 'oauth2accesstoken' });
    const sent = new URLSearchParams(google.seen[0]?.body).get('subject_token') ?? '';
    expect(JSON.parse(Buffer.from(sent.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({
      aud: [`//iam.googleapis.com/${provider}`],
      sub: 'system:serviceaccount:apps:scanner',
    });
  });
});
