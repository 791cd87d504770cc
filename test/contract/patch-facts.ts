import { expect, test } from 'vitest';
import type { Contract } from './kubernetes-contract.ts';

export function patchFacts(contract: Contract): void {
  const maps = `/api/v1/namespaces/${contract.namespace}/configmaps`;
  const deployments = `/apis/apps/v1/namespaces/${contract.namespace}/deployments`;
  const { newName } = contract;
  const createMap = async (data: object = { a: '1', b: '2' }) => {
    const path = `${maps}/${newName()}`;
    const { body } = await contract.client.post(maps, {
      metadata: { name: path.split('/').at(-1), annotations: { note: 'x' } },
      data,
    });
    return { path, object: body };
  };
  const createDeployment = async () => {
    const name = newName();
    const container = {
      name: 'web',
      image: 'web:1',
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
      args: ['x', 'y'],
      ports: [{ containerPort: 80 }],
    };
    const spec = {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [container, { name: 'side', image: 'side:1' }] } },
    };
    await contract.client.post(deployments, {
      metadata: { name, finalizers: ['contract.example/a', 'contract.example/b'] },
      spec,
    });
    return `${deployments}/${name}`;
  };
  const inContainer = (change: object) => ({ spec: { template: { spec: { containers: [{ name: 'web', ...change }] } } } });

  test('a merge patch sets, keeps and deletes', async () => {
    const { path } = await createMap();
    const { code, body } = await contract.client.patch('merge', path, { data: { a: null, c: '3' } });
    expect({ code, data: body.data }).toEqual({ code: 200, data: { b: '2', c: '3' } });
  });

  test('a merge patch that changes nothing keeps the version', async () => {
    const { path, object } = await createMap();
    const { body } = await contract.client.patch('merge', path, { data: { a: '1' } });
    expect(body.metadata.resourceVersion).toBe(object.metadata.resourceVersion);
  });

  test('a merge patch may insist on a version', async () => {
    const { path } = await createMap();
    const { code, body } = await contract.client.patch('merge', path, { metadata: { resourceVersion: '1' }, data: { a: '9' } });
    expect({ code, reason: body.reason }).toEqual({ code: 409, reason: 'Conflict' });
  });

  test('a merge patch replaces lists', async () => {
    const path = await createDeployment();
    const { body } = await contract.client.patch('merge', path, { metadata: { finalizers: ['contract.example/c'] } });
    expect(body.metadata.finalizers).toEqual(['contract.example/c']);
  });

  test('a patch cannot rename', async () => {
    const { path } = await createMap();
    const { code } = await contract.client.patch('merge', path, { metadata: { name: 'renamed' } });
    expect(code).toBe(400);
  });

  test('a patch needs something to change', async () => {
    expect((await contract.client.patch('merge', `${maps}/missing`, {})).code).toBe(404);
  });

  test.for([
    {
      because: 'add, replace and remove',
      patch: [
        { op: 'add', path: '/data/c', value: '3' },
        { op: 'replace', path: '/data/a', value: '9' },
        { op: 'remove', path: '/data/b' },
      ],
      data: { a: '9', c: '3' },
    },
    {
      because: 'move and copy',
      patch: [
        { op: 'copy', from: '/data/a', path: '/data/c' },
        { op: 'move', from: '/data/b', path: '/data/d' },
      ],
      data: { a: '1', c: '1', d: '2' },
    },
    {
      because: 'a test that holds',
      patch: [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'add', path: '/data/c', value: '3' },
      ],
      data: { a: '1', b: '2', c: '3' },
    },
    {
      because: 'escapes in paths',
      patch: [{ op: 'add', path: '/metadata/annotations/x.example~1y', value: '1' }],
      data: { a: '1', b: '2' },
    },
  ])('a JSON patch can $because', async ({ patch, data }) => {
    const { path } = await createMap();
    const { code, body } = await contract.client.patch('json', path, patch);
    expect({ code, data: body.data }).toEqual({ code: 200, data });
  });

  test.for([
    { because: 'a test that fails', patch: [{ op: 'test', path: '/data/a', value: '2' }] },
    { because: 'a removal of nothing', patch: [{ op: 'remove', path: '/data/none' }] },
    { because: 'a path into nothing', patch: [{ op: 'add', path: '/none/a', value: 1 }] },
  ])('a JSON patch is refused for $because', async ({ patch }) => {
    const { path, object } = await createMap();
    const { code, body } = await contract.client.patch('json', path, patch);
    expect({ code, reason: body.reason }).toEqual({ code: 422, reason: 'Invalid' });
    expect((await contract.client.get(path)).body.metadata.resourceVersion).toBe(object.metadata.resourceVersion);
  });

  test('a strategic patch merges lists by key', async () => {
    const path = await createDeployment();
    const { code, body } = await contract.client.patch(
      'strategic',
      path,
      inContainer({
        image: 'web:2',
        env: [
          { name: 'B', value: '3' },
          { name: 'C', value: '4' },
        ],
      }),
    );
    expect(code).toBe(200);
    const [web, side] = body.spec.template.spec.containers;
    expect({ image: web.image, env: web.env, side: side.image }).toEqual({
      image: 'web:2',
      env: expect.arrayContaining([
        { name: 'A', value: '1' },
        { name: 'B', value: '3' },
        { name: 'C', value: '4' },
      ]),
      side: 'side:1',
    });
    expect(web.args).toEqual(['x', 'y']);
  });

  test('a strategic patch deletes an item by key', async () => {
    const path = await createDeployment();
    const { body } = await contract.client.patch('strategic', path, inContainer({ env: [{ name: 'A', $patch: 'delete' }] }));
    expect(body.spec.template.spec.containers[0].env).toEqual([{ name: 'B', value: '2' }]);
  });

  test('a strategic patch replaces where it says so', async () => {
    const path = await createDeployment();
    const { body } = await contract.client.patch(
      'strategic',
      path,
      inContainer({ env: [{ $patch: 'replace' }, { name: 'Z', value: '9' }] }),
    );
    expect(body.spec.template.spec.containers[0].env).toEqual([{ name: 'Z', value: '9' }]);
  });

  test('a strategic patch replaces lists without a key', async () => {
    const path = await createDeployment();
    const { body } = await contract.client.patch('strategic', path, inContainer({ args: ['z'] }));
    expect(body.spec.template.spec.containers[0].args).toEqual(['z']);
  });

  test('a strategic patch merges and thins out lists of values', async () => {
    const path = await createDeployment();
    const added = await contract.client.patch('strategic', path, { metadata: { finalizers: ['contract.example/c'] } });
    expect(added.body.metadata.finalizers).toEqual(
      expect.arrayContaining(['contract.example/a', 'contract.example/b', 'contract.example/c']),
    );
    const thinned = await contract.client.patch('strategic', path, {
      metadata: { '$deleteFromPrimitiveList/finalizers': ['contract.example/a'] },
    });
    expect(thinned.body.metadata.finalizers.toSorted()).toEqual(['contract.example/b', 'contract.example/c']);
  });

  test('a strategic patch orders lists', async () => {
    const path = await createDeployment();
    const { body } = await contract.client.patch('strategic', path, {
      spec: { template: { spec: { '$setElementOrder/containers': [{ name: 'side' }, { name: 'web' }] } } },
    });
    expect(body.spec.template.spec.containers.map(({ name }: { name: string }) => name)).toEqual(['side', 'web']);
  });

  test('a strategic patch keeps only the keys it names', async () => {
    const path = await createDeployment();
    const { body } = await contract.client.patch('strategic', path, {
      spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
    });
    expect(body.spec.strategy).toEqual({ type: 'Recreate' });
  });

  test('custom kinds know no strategic patch', async () => {
    const name = newName();
    const path = `/apis/contract.example/v1/namespaces/${contract.namespace}/widgets`;
    await contract.client.post(path, {
      apiVersion: 'contract.example/v1',
      kind: 'Widget',
      metadata: { name },
      spec: { interval: '1m' },
    });
    const { code, body } = await contract.client.patch('strategic', `${path}/${name}`, { spec: { interval: '2m' } });
    expect({ code, reason: body.reason }).toEqual({ code: 415, reason: 'UnsupportedMediaType' });
  });

  test('an unknown patch format is refused', async () => {
    const { path } = await createMap();
    const { code } = await contract.client.ask('PATCH', path, {}, { 'content-type': 'application/json' });
    expect(code).toBe(415);
  });

  test('the scale of a Deployment is read and written by itself', async () => {
    const path = await createDeployment();
    const scale = await contract.client.get(`${path}/scale`);
    expect(scale.body).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      spec: { replicas: 1 },
      status: { replicas: expect.any(Number), selector: expect.stringMatching(/^app=/) },
    });
    const { code, body } = await contract.client.patch('merge', `${path}/scale`, { spec: { replicas: 3 } });
    expect({ code, replicas: body.spec.replicas }).toEqual({ code: 200, replicas: 3 });
    const deployment = (await contract.client.get(path)).body;
    expect(deployment.spec.replicas).toBe(3);
    expect(
      deployment.metadata.managedFields.find(({ subresource }: { subresource?: string }) => subresource === 'scale'),
    ).toMatchObject({ operation: 'Update', fieldsV1: { 'f:spec': { 'f:replicas': {} } } });
  });

  test('the status of a Deployment is written by itself', async () => {
    const path = await createDeployment();
    const { body } = await contract.client.patch('merge', `${path}/status`, {
      status: { collisionCount: 7 },
      spec: { paused: true },
    });
    expect({ collisions: body.status.collisionCount, paused: body.spec.paused }).toEqual({ collisions: 7, paused: undefined });
    const ignored = await contract.client.patch('merge', path, { status: { collisionCount: 8 } });
    expect(ignored.body.status.collisionCount).toBe(7);
  });
}
