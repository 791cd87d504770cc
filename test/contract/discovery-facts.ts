import { expect, test } from 'vitest';
import type { Loose } from './kubernetes-client.ts';
import type { Contract } from './kubernetes-contract.ts';

const aggregated = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json' };

export function discoveryFacts(contract: Contract): void {
  const get = (path: string, headers = {}) => contract.client.get(path, headers);

  test('the version parses as one of Kubernetes', async () => {
    expect((await get('/version')).body).toMatchObject({ major: '1', gitVersion: expect.stringMatching(/^v1\.\d+\.\d+/) });
  });

  test.for(['/healthz', '/readyz', '/livez'])('%s says ok', async (path) => {
    expect(await get(path)).toMatchObject({ code: 200, body: 'ok' });
  });

  test('a wrong token is refused', async () => {
    const { code, body } = await get('/api/v1/namespaces', { authorization: 'Bearer wrong' });
    expect({ code, body }).toEqual({
      code: 401,
      body: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'Unauthorized',
        reason: 'Unauthorized',
        code: 401,
      },
    });
  });

  test.for(['/api/v1/nonsense', '/apis/none.example/v1/things', '/apis/none.example/v1', '/apis/none.example'])(
    'the path %s is not found',
    async (path) => {
      const { code, body } = await get(path);
      expect(code).toBe(404);
      if (typeof body === 'object')
        expect(body).toMatchObject({ reason: 'NotFound', message: 'the server could not find the requested resource' });
    },
  );

  test('/api lists v1', async () => {
    expect((await get('/api')).body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
  });

  test('/apis lists groups with their preferred version', async () => {
    const { groups } = (await get('/apis')).body;
    expect(groups.find(({ name }: Loose) => name === 'apps')).toMatchObject({
      preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
    });
    expect(groups.find(({ name }: Loose) => name === 'contract.example').versions.map(({ version }: Loose) => version)).toEqual([
      'v1',
      'v1beta1',
    ]);
  });

  test('a group version lists its resources and subresources', async () => {
    const { resources } = (await get('/apis/apps/v1')).body;
    const named = (name: string) => resources.find((item: Loose) => item.name === name);
    expect(named('deployments')).toMatchObject({
      singularName: 'deployment',
      namespaced: true,
      kind: 'Deployment',
      shortNames: ['deploy'],
      categories: ['all'],
    });
    expect(named('deployments/scale')).toMatchObject({ group: 'autoscaling', version: 'v1', kind: 'Scale' });
    expect(named('deployments/status')).toMatchObject({ kind: 'Deployment' });
  });

  test('a custom kind is listed with its names', async () => {
    const { resources } = (await get('/apis/contract.example/v1')).body;
    expect(resources.find((item: Loose) => item.name === 'widgets')).toMatchObject({
      kind: 'Widget',
      singularName: 'widget',
      shortNames: ['wd'],
      categories: ['parts'],
    });
  });

  test('one document lists everything of all groups', async () => {
    const { body, headers } = await get('/apis', aggregated);
    expect(headers['content-type']).toBe('application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList');
    expect(body).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' });
    const apps = body.items.find(({ metadata }: Loose) => metadata.name === 'apps');
    const deployments = apps.versions[0].resources.find(({ resource }: Loose) => resource === 'deployments');
    expect(deployments).toMatchObject({
      scope: 'Namespaced',
      singularResource: 'deployment',
      responseKind: { kind: 'Deployment' },
      shortNames: ['deploy'],
    });
  });

  test('OpenAPI v3 names the kind of each write, and that fields are validated', async () => {
    const { paths } = (await get('/openapi/v3')).body;
    expect(paths['apis/apps/v1'].serverRelativeURL).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=/);
    const { body } = await get('/openapi/v3/apis/contract.example/v1');
    const { patch } = body.paths['/apis/contract.example/v1/namespaces/{namespace}/widgets/{name}'];
    expect(patch['x-kubernetes-group-version-kind']).toEqual({ group: 'contract.example', version: 'v1', kind: 'Widget' });
    expect(patch.parameters.map(({ name }: Loose) => name)).toContain('fieldValidation');
  });
}
