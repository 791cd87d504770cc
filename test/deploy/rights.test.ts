import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createCluster } from '../../src/cluster/index.ts';
import { silentLog, systemClock } from '../../src/core/index.ts';
import { describeRight, findMissingRights, type RightsWanted, requiredRights } from '../../src/rights/index.ts';
import { json, startFakeApi } from '../cluster-client/fake-api.ts';

const deploy = fileURLToPath(new URL('../../deploy/', import.meta.url));
const leaseNamespace = 'flux-system';

interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly { apiGroups: string[]; resources: string[]; verbs: string[] }[];
}

function readObjects(folder: string): Role[] {
  const files = readdirSync(join(deploy, folder)).filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml');
  return files.flatMap((name) =>
    parseAllDocuments(readFileSync(join(deploy, folder, name), 'utf8')).map((document) => document.toJS() as Role),
  );
}

function grantedBy(folders: readonly string[]): string[] {
  const roles = folders.flatMap(readObjects).filter(({ rules }) => rules !== undefined);
  const rights = roles.flatMap(({ kind, metadata, rules = [] }) =>
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.map((verb) =>
            describeRight({
              ...{ verb, group, resource, because: '' },
              ...(kind === 'Role' ? { namespace: metadata.namespace ?? '' } : {}),
            }),
          ),
        ),
      ),
    ),
  );
  return [...new Set(rights)].toSorted();
}

describe('the roles hold what the bot needs, no more and no less', () => {
  test.for<{ way: string; folders: string[]; wanted: RightsWanted }>([
    {
      way: 'standalone',
      folders: ['bot', 'components/image', 'components/source', 'components/kustomize', 'components/notification'],
      wanted: { controllers: ['image', 'source', 'kustomize', 'notification'], leaseNamespace },
    },
    {
      way: 'the web part',
      folders: ['bot', 'components/notification'],
      wanted: { controllers: ['notification'], leaseNamespace },
    },
    { way: 'the image part', folders: ['bot', 'components/image'], wanted: { controllers: ['image'], leaseNamespace } },
    {
      way: 'the delivery part',
      folders: ['bot', 'components/source', 'components/kustomize'],
      wanted: { controllers: ['source', 'kustomize'], leaseNamespace },
    },
  ])('$way', ({ folders, wanted }) => {
    expect(grantedBy(folders)).toEqual(requiredRights(wanted).map(describeRight).toSorted());
  });

  test('no role has a wildcard, and only one component binds all rights', () => {
    const folders = ['bot', ...['image', 'source', 'kustomize'].map((name) => `components/${name}`)];
    expect(grantedBy(folders).filter((right) => right.includes('*'))).toEqual([]);
    expect(JSON.stringify(folders.flatMap(readObjects))).not.toContain('cluster-admin');
    expect(JSON.stringify(readObjects('components/apply-anything'))).toContain('cluster-admin');
  });
});

test('rights are asked for by group, subresource and namespace, and those that are refused come back', async () => {
  const reviews: { group: string; resource: string; subresource?: string; namespace?: string; verb: string }[] = [];
  await using api = await startFakeApi({
    'GET /apis/authorization.k8s.io/v1': json(200, {
      kind: 'APIResourceList',
      resources: [{ name: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview', namespaced: false, verbs: ['create'] }],
    }),
    'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews': (request, response) => {
      const { spec } = JSON.parse(request.body) as { spec: { resourceAttributes: (typeof reviews)[number] } };
      reviews.push(spec.resourceAttributes);
      const allowed = spec.resourceAttributes.verb !== 'patch';
      json(201, { kind: 'SelfSubjectAccessReview', metadata: {}, status: { allowed } })(request, response);
    },
  });
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'a', cluster: { server: api.url } }],
    users: [{ name: 'a', user: { token: 'x' } }],
    contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
    'current-context': 'a',
  };
  const cluster = await createCluster({
    ...{ kubeconfig: { yaml: JSON.stringify(kubeconfig) }, userAgent: 'test', clock: systemClock, log: silentLog },
  });
  const wanted = requiredRights({ controllers: ['kustomize'], leaseNamespace: 'here' });
  const missing = await findMissingRights(cluster, wanted, { namespace: 'team' });
  await cluster.close();
  expect(missing.map(describeRight)).toEqual([
    'patch kustomizations.kustomize.toolkit.fluxcd.io in every namespace',
    'patch kustomizations.kustomize.toolkit.fluxcd.io/status in every namespace',
    'patch events in every namespace',
    'patch leases.coordination.k8s.io in namespace here',
  ]);
  expect(reviews).toContainEqual({
    ...{
      group: 'kustomize.toolkit.fluxcd.io',
      resource: 'kustomizations',
      subresource: 'status',
      verb: 'patch',
      namespace: 'team',
    },
  });
  expect(reviews).toContainEqual({ group: 'coordination.k8s.io', resource: 'leases', verb: 'get', namespace: 'here' });
  expect(reviews).toContainEqual({ group: '', resource: 'namespaces', verb: 'get' });
});
