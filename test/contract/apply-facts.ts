import { expect, test } from 'vitest';
import type { Loose, Reply } from './kubernetes-client.ts';
import type { Contract } from './kubernetes-contract.ts';

export function applyFacts(contract: Contract): void {
  const maps = `/api/v1/namespaces/${contract.namespace}/configmaps`;
  const deployments = `/apis/apps/v1/namespaces/${contract.namespace}/deployments`;
  const widgets = `/apis/contract.example/v1/namespaces/${contract.namespace}/widgets`;
  const { newName } = contract;
  const apply = (collection: string, config: Loose, manager = 'me', query = ''): Promise<Reply> =>
    contract.client.patch('apply', `${collection}/${config.metadata.name}?fieldManager=${manager}${query}`, config);
  const map = (name: string, data?: object, metadata: object = {}) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, ...metadata },
    ...(data && { data }),
  });
  const deployment = (name: string, container: object = {}, spec: object = {}) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels: { app: name } },
    spec: {
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image: 'web:1', ...container }] } },
      ...spec,
    },
  });
  const widget = (name: string, spec: object) => ({
    apiVersion: 'contract.example/v1',
    kind: 'Widget',
    metadata: { name },
    spec: { interval: '1m', ...spec },
  });
  const owned = (object: Loose, manager: string, operation = 'Apply') =>
    object.metadata.managedFields?.find((entry: Loose) => entry.manager === manager && entry.operation === operation)?.fieldsV1;

  test('an apply makes what is not there', async () => {
    const { code, body } = await apply(maps, map(newName(), { a: '1' }, { labels: { l: 'x' } }));
    expect(code).toBe(201);
    expect(body.metadata.managedFields).toEqual([
      {
        manager: 'me',
        operation: 'Apply',
        apiVersion: 'v1',
        time: expect.any(String),
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { 'f:a': {} }, 'f:metadata': { 'f:labels': { 'f:l': {} } } },
      },
    ]);
  });

  test('an apply again changes nothing', async () => {
    const name = newName();
    const first = await apply(deployments, deployment(name));
    const again = await apply(deployments, deployment(name));
    expect(again.code).toBe(200);
    expect(again.body.metadata).toEqual(first.body.metadata);
  });

  test('an apply needs a manager', async () => {
    const name = newName();
    const { code, body } = await contract.client.patch('apply', `${maps}/${name}`, map(name));
    expect({ code, reason: body.reason }).toEqual({ code: 422, reason: 'Invalid' });
  });

  test('an apply may be YAML', async () => {
    const name = newName();
    const { code, body } = await contract.client.patch(
      'apply',
      `${maps}/${name}?fieldManager=me`,
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  a: "1"\n`,
    );
    expect({ code, data: body.data }).toEqual({ code: 201, data: { a: '1' } });
  });

  test('managers share an object', async () => {
    const name = newName();
    await apply(maps, map(name, { a: '1' }));
    const { body } = await apply(maps, map(name, { b: '2' }), 'other');
    expect(body.data).toEqual({ a: '1', b: '2' });
    expect(owned(body, 'me')).toEqual({ 'f:data': { 'f:a': {} } });
    expect(owned(body, 'other')).toEqual({ 'f:data': { 'f:b': {} } });
  });

  test('a field of another manager is a conflict', async () => {
    const name = newName();
    await apply(maps, map(name, { a: '1' }));
    const { code, body } = await apply(maps, map(name, { a: '2' }), 'other');
    expect({ code, message: body.message, causes: body.details.causes }).toEqual({
      code: 409,
      message: 'Apply failed with 1 conflict: conflict with "me": .data.a',
      causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "me"', field: '.data.a' }],
    });
  });

  test('several conflicts are listed', async () => {
    const name = newName();
    await apply(deployments, deployment(name, {}, { replicas: 2 }));
    const { body } = await apply(deployments, deployment(name, { image: 'web:2' }, { replicas: 3 }), 'other');
    expect(body.message).toBe(
      'Apply failed with 2 conflicts: conflicts with "me":\n- .spec.replicas\n- .spec.template.spec.containers[name="web"].image',
    );
  });

  test('the same value is shared, not a conflict', async () => {
    const name = newName();
    await apply(maps, map(name, { a: '1' }));
    const { code, body } = await apply(maps, map(name, { a: '1' }), 'other');
    expect({ code, me: owned(body, 'me'), other: owned(body, 'other') }).toEqual({
      code: 200,
      me: { 'f:data': { 'f:a': {} } },
      other: { 'f:data': { 'f:a': {} } },
    });
  });

  test('force takes the field', async () => {
    const name = newName();
    await apply(maps, map(name, { a: '1', b: '1' }));
    const { code, body } = await apply(maps, map(name, { a: '2' }), 'other', '&force=true');
    expect({ code, data: body.data, me: owned(body, 'me') }).toEqual({
      code: 200,
      data: { a: '2', b: '1' },
      me: { 'f:data': { 'f:b': {} } },
    });
  });

  test('what is no longer applied goes', async () => {
    const name = newName();
    await apply(maps, map(name, { a: '1', b: '2' }, { labels: { l: 'x', k: 'y' } }));
    const { body } = await apply(maps, map(name, { a: '1' }, { labels: { k: 'y' } }));
    expect({ data: body.data, labels: body.metadata.labels }).toEqual({ data: { a: '1' }, labels: { k: 'y' } });
  });

  test('what another manager applies too stays', async () => {
    const name = newName();
    await apply(maps, map(name, { a: '1', b: '2' }));
    await apply(maps, map(name, { b: '2' }), 'other');
    const { body } = await apply(maps, map(name, { a: '1' }));
    expect(body.data).toEqual({ a: '1', b: '2' });
  });

  test('a map goes with its last member', async () => {
    const name = newName();
    await apply(maps, map(name, { a: '1' }, { labels: { l: 'x' } }));
    const { body } = await apply(maps, map(name));
    expect({ data: body.data, labels: body.metadata.labels, managedFields: body.metadata.managedFields }).toEqual({
      data: undefined,
      labels: undefined,
      managedFields: undefined,
    });
  });

  test('an update takes its fields from an applier', async () => {
    const name = newName();
    await apply(maps, map(name, { a: '1', b: '1' }));
    const { body } = await contract.client.patch('merge', `${maps}/${name}?fieldManager=hand`, { data: { a: '2' } });
    expect(owned(body, 'me')).toEqual({ 'f:data': { 'f:b': {} } });
    expect(owned(body, 'hand', 'Update')).toEqual({ 'f:data': { 'f:a': {} } });
    const conflict = await apply(maps, map(name, { a: '1', b: '1' }));
    expect(conflict.body.message).toMatch(/^Apply failed with 1 conflict: conflict with "hand" using v1: \.data\.a$/);
    const forced = await apply(maps, map(name, { a: '1', b: '1' }), 'me', '&force=true');
    expect({ data: forced.body.data, hand: owned(forced.body, 'hand', 'Update') }).toEqual({
      data: { a: '1', b: '1' },
      hand: undefined,
    });
  });

  test('a removal by hand takes the field from its applier', async () => {
    const name = newName();
    await apply(maps, map(name, { a: '1', b: '1' }));
    const { body } = await contract.client.patch('merge', `${maps}/${name}?fieldManager=hand`, { data: { a: null } });
    expect(owned(body, 'me')).toEqual({ 'f:data': { 'f:b': {} } });
  });

  test('an addition by hand survives an apply', async () => {
    const name = newName();
    await apply(maps, map(name, { a: '1' }));
    await contract.client.patch('merge', `${maps}/${name}?fieldManager=hand`, { data: { extra: '1' } });
    const { body } = await apply(maps, map(name, { a: '1' }));
    expect(body.data).toEqual({ a: '1', extra: '1' });
  });

  test('an update owns everything that it makes', async () => {
    const name = newName();
    const { body } = await contract.client.post(`${maps}?fieldManager=maker`, map(name, { a: '1' }, { labels: { l: 'x' } }));
    expect(owned(body, 'maker', 'Update')).toEqual({
      'f:data': { '.': {}, 'f:a': {} },
      'f:metadata': { 'f:labels': { '.': {}, 'f:l': {} } },
    });
  });

  test('an applied Deployment owns what it names, by list keys', async () => {
    const name = newName();
    const { body } = await apply(
      deployments,
      deployment(name, { env: [{ name: 'A', value: '1' }], ports: [{ containerPort: 80 }] }),
    );
    expect(owned(body, 'me')).toEqual({
      'f:metadata': { 'f:labels': { 'f:app': {} } },
      'f:spec': {
        'f:selector': {},
        'f:template': {
          'f:metadata': { 'f:labels': { 'f:app': {} } },
          'f:spec': {
            'f:containers': {
              'k:{"name":"web"}': {
                '.': {},
                'f:env': { 'k:{"name":"A"}': { '.': {}, 'f:name': {}, 'f:value': {} } },
                'f:image': {},
                'f:name': {},
                'f:ports': { 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } },
              },
            },
          },
        },
      },
    });
  });

  test('a created Deployment is owned with its defaults', async () => {
    const name = newName();
    const { body } = await contract.client.post(`${deployments}?fieldManager=maker`, deployment(name));
    const container = {
      '.': {},
      'f:image': {},
      'f:imagePullPolicy': {},
      'f:name': {},
      'f:resources': {},
      'f:terminationMessagePath': {},
      'f:terminationMessagePolicy': {},
    };
    const pod = {
      'f:containers': { 'k:{"name":"web"}': container },
      'f:dnsPolicy': {},
      'f:restartPolicy': {},
      'f:schedulerName': {},
      'f:securityContext': {},
      'f:terminationGracePeriodSeconds': {},
    };
    expect(owned(body, 'maker', 'Update')).toEqual({
      'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
      'f:spec': {
        'f:progressDeadlineSeconds': {},
        'f:replicas': {},
        'f:revisionHistoryLimit': {},
        'f:selector': {},
        'f:strategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {}, 'f:maxUnavailable': {} }, 'f:type': {} },
        'f:template': { 'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } }, 'f:spec': pod },
      },
    });
  });

  test('items of keyed lists come and go by their keys', async () => {
    const name = newName();
    const env = (...names: string[]) => ({ env: names.map((key) => ({ name: key, value: '1' })) });
    await apply(deployments, deployment(name, env('A', 'B')));
    const { body } = await apply(deployments, deployment(name, env('C', 'B')));
    expect(body.spec.template.spec.containers[0].env).toEqual([
      { name: 'C', value: '1' },
      { name: 'B', value: '1' },
    ]);
  });

  test('a container of somebody else stays beside ours', async () => {
    const name = newName();
    await apply(deployments, deployment(name));
    const sidecar = { spec: { template: { spec: { containers: [{ name: 'side', image: 'side:1' }] } } } };
    await contract.client.patch('strategic', `${deployments}/${name}?fieldManager=hand`, sidecar);
    const { body } = await apply(deployments, deployment(name, { image: 'web:2' }));
    expect(body.spec.template.spec.containers.map(({ image }: Loose) => image).toSorted()).toEqual(['side:1', 'web:2']);
  });

  test('a dropped field falls back to its default', async () => {
    const name = newName();
    await apply(deployments, deployment(name, {}, { replicas: 3 }));
    const { body } = await apply(deployments, deployment(name));
    expect(body.spec.replicas).toBe(1);
  });

  test('a scale takes the replicas from their applier', async () => {
    const name = newName();
    await apply(deployments, deployment(name, {}, { replicas: 2 }));
    await contract.client.patch('merge', `${deployments}/${name}/scale`, { spec: { replicas: 4 } });
    const { body } = await contract.client.get(`${deployments}/${name}`);
    expect(owned(body, 'me')['f:spec']['f:replicas']).toBeUndefined();
    const forced = await apply(deployments, deployment(name, {}, { replicas: 2 }), 'me', '&force=true');
    expect({ replicas: forced.body.spec.replicas, owned: owned(forced.body, 'me')['f:spec']['f:replicas'] }).toEqual({
      replicas: 2,
      owned: {},
    });
  });

  test('a dry run of an apply tells and stores nothing', async () => {
    const name = newName();
    const first = await apply(maps, map(name, { a: '1' }));
    const { body } = await apply(maps, map(name, { a: '2' }), 'me', '&dryRun=All');
    expect({ data: body.data, version: body.metadata.resourceVersion }).toEqual({
      data: { a: '2' },
      version: first.body.metadata.resourceVersion,
    });
    expect((await contract.client.get(`${maps}/${name}`)).body.data).toEqual({ a: '1' });
    const missing = newName();
    expect((await apply(maps, map(missing), 'me', '&dryRun=All')).code).toBe(201);
    expect((await contract.client.get(`${maps}/${missing}`)).code).toBe(404);
  });

  test('a field that the kind has not is refused', async () => {
    const name = newName();
    const { code, body } = await apply(deployments, deployment(name, {}, { replicass: 1 }));
    expect({ code, message: body.message }).toEqual({
      code: 500,
      message: `failed to create typed patch object (/${name}; apps/v1, Kind=Deployment): .spec.replicass: field not declared in schema`,
    });
  });

  test('a key that comes twice is refused', async () => {
    const name = newName();
    const { code, body } = await apply(widgets, widget(name, { keyed: [{ name: 'a' }, { name: 'a' }] }));
    expect(code).toBe(500);
    expect(body.message).toContain('.spec.keyed: duplicate entries for key [name="a"]');
  });

  test('managedFields are not applied', async () => {
    const name = newName();
    const { code } = await apply(maps, map(name, {}, { managedFields: [{ manager: 'x' }] }));
    expect(code).toBe(400);
  });

  test('an object whose owners were wiped belongs to those before the first apply', async () => {
    const name = newName();
    await contract.client.post(maps, map(name, { a: '1', b: '1' }));
    const wiped = await contract.client.patch('merge', `${maps}/${name}`, { metadata: { managedFields: [{}] } });
    expect(wiped.body.metadata.managedFields).toBeUndefined();
    const { body } = await apply(maps, map(name, { a: '1' }));
    expect(owned(body, 'before-first-apply', 'Update')).toEqual({ 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} } });
  });

  test('owners can be rewritten by a patch', async () => {
    const name = newName();
    const { body } = await contract.client.post(`${maps}?fieldManager=kubectl`, map(name, { a: '1', b: '1' }));
    const entries = body.metadata.managedFields.map((entry: Loose) => ({ ...entry, manager: 'me', operation: 'Apply' }));
    const rewritten = await contract.client.patch('json', `${maps}/${name}`, [
      { op: 'replace', path: '/metadata/managedFields', value: entries },
    ]);
    expect(rewritten.body.metadata.managedFields).toMatchObject([{ manager: 'me', operation: 'Apply' }]);
    expect((await apply(maps, map(name, { a: '1' }))).body.data).toEqual({ a: '1' });
  });

  test('a custom kind owns by its schema: atoms, keys, sets, open maps', async () => {
    const name = newName();
    const spec = {
      list: [{ name: 'a' }],
      keyed: [{ name: 'x', value: 1 }],
      set: ['s'],
      labels: { q: 'w' },
      free: { a: { b: [1] } },
      atom: { k: 'v' },
    };
    const { body } = await apply(widgets, widget(name, spec));
    expect(owned(body, 'me')).toEqual({
      'f:spec': {
        'f:atom': {},
        'f:free': { 'f:a': { '.': {}, 'f:b': {} } },
        'f:interval': {},
        'f:keyed': { 'k:{"name":"x"}': { '.': {}, 'f:name': {}, 'f:value': {} } },
        'f:labels': { 'f:q': {} },
        'f:list': {},
        'f:set': { 'v:"s"': {} },
      },
    });
  });

  test('a created custom object is owned with its defaults', async () => {
    const name = newName();
    const { body } = await contract.client.post(
      `${widgets}?fieldManager=maker`,
      widget(name, { keyed: [{ name: 'x', value: 1 }], set: ['s'], free: { a: { b: [1] } }, nested: {} }),
    );
    expect(owned(body, 'maker', 'Update')).toEqual({
      'f:spec': {
        '.': {},
        'f:free': { '.': {}, 'f:a': { '.': {}, 'f:b': {} } },
        'f:interval': {},
        'f:keyed': { '.': {}, 'k:{"name":"x"}': { '.': {}, 'f:name': {}, 'f:value': {} } },
        'f:mode': {},
        'f:nested': { '.': {}, 'f:deep': { '.': {}, 'f:answer': {}, 'f:off': {} } },
        'f:set': { '.': {}, 'v:"s"': {} },
      },
    });
  });

  test('the status of a custom kind is applied by itself, and owned so', async () => {
    const name = newName();
    await apply(widgets, { ...widget(name, {}), status: { replicas: 9 } });
    const status = { apiVersion: 'contract.example/v1', kind: 'Widget', metadata: { name }, status: { replicas: 3 } };
    const { code, body } = await contract.client.patch('apply', `${widgets}/${name}/status?fieldManager=me`, status);
    expect({ code, status: body.status }).toEqual({ code: 200, status: { observedGeneration: -1, replicas: 3 } });
    const entries = body.metadata.managedFields.map(({ subresource, fieldsV1 }: Loose) => ({ subresource, fieldsV1 }));
    expect(entries).toContainEqual({ subresource: 'status', fieldsV1: { 'f:status': { 'f:replicas': {} } } });
    expect(entries).toContainEqual({ subresource: undefined, fieldsV1: { 'f:spec': { 'f:interval': {} } } });
    const again = await apply(widgets, widget(name, {}));
    expect({ status: again.body.status, version: again.body.metadata.resourceVersion }).toEqual({
      status: body.status,
      version: body.metadata.resourceVersion,
    });
  });

  test('a secret applied as text stays an apply without a difference', async () => {
    const name = newName();
    const secrets = `/api/v1/namespaces/${contract.namespace}/secrets`;
    const config = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { a: 'b' } };
    const first = await apply(secrets, config);
    expect(first.body.data).toEqual({ a: 'Yg==' });
    expect(owned(first.body, 'me')).toEqual({ 'f:stringData': { 'f:a': {} } });
    const again = await apply(secrets, config);
    expect(again.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
  });
}
