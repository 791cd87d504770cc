import { Agent, request } from 'undici';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { widgetDefinition } from '../contract/widget-definition.ts';
import { startForTest } from './start-for-test.ts';

const maps = '/api/v1/namespaces/default/configmaps';

test('one port speaks HTTP, and HTTPS with the certificate of the kubeconfig', async () => {
  await using started = await startForTest();
  const kubeconfig = parse(started.plane.kubeconfigYaml);
  const { server, 'certificate-authority-data': ca } = kubeconfig.clusters[0].cluster;
  const agent = new Agent({ connect: { ca: Buffer.from(ca, 'base64').toString() } });
  const { token } = kubeconfig.users[0].user;
  const answer = await request(`${server}/api/v1/namespaces`, {
    dispatcher: agent,
    headers: { authorization: `Bearer ${token}` },
  });
  expect({ code: answer.statusCode, scheme: new URL(server).protocol }).toEqual({ code: 200, scheme: 'https:' });
  await answer.body.dump();
  await expect(request(`${server}/version`)).rejects.toThrow(/certificate/);
  await agent.destroy();
  expect((await started.client.get('/api/v1/namespaces')).code).toBe(200);
});

test('requests are remembered, with who sent them and the answer', async () => {
  await using started = await startForTest();
  await started.client.post(maps, { metadata: { name: 'a' } }, { 'user-agent': 'tool/1' });
  await started.client.get(`${maps}/missing`);
  await started.client.patch('apply', `${maps}/b?fieldManager=me`, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'b' },
  });
  await started.client.watch(`${maps}?watch=1`, ({ length }) => length === 2);
  expect([...started.plane.requests].map(({ verb, path, code, userAgent }) => `${verb} ${path} ${code} ${userAgent}`)).toEqual([
    `create ${maps} 201 tool/1`,
    `get ${maps}/missing 404 contract/1.0`,
    `apply ${maps}/b?fieldManager=me 201 contract/1.0`,
    `watch ${maps}?watch=1 200 `,
  ]);
});

test('who is impersonated is remembered', async () => {
  await using started = await startForTest();
  const headers = { authorization: `Bearer ${started.plane.token}`, 'impersonate-user': 'system:serviceaccount:apps:deployer' };
  const answer = await request(`${started.plane.url}${maps}`, { headers });
  await answer.body.dump();
  expect([...started.plane.requests][0]).toMatchObject({ impersonatedUser: 'system:serviceaccount:apps:deployer', code: 200 });
});

test('a body beyond the limit is refused', async () => {
  await using started = await startForTest();
  const { code, body } = await started.client.post(maps, { metadata: { name: 'big' }, data: { a: 'x'.repeat(4 * 1024 * 1024) } });
  expect({ code, reason: body.reason }).toEqual({ code: 413, reason: 'RequestEntityTooLarge' });
});

test('a ConfigMap beyond its limit is refused', async () => {
  await using started = await startForTest();
  const { code, body } = await started.client.post(maps, { metadata: { name: 'big' }, data: { a: 'x'.repeat(1024 * 1024 + 1) } });
  expect({ code, message: body.message }).toEqual({
    code: 422,
    message: 'ConfigMap "big" is invalid: []: Too long: may not be more than 1048576 bytes'.replace('[]', ''),
  });
});

test.for([
  ['a broken escape', '/api/v1/namespaces/%zz'],
  ['an empty segment', '/api/v1//configmaps'],
  ['dots', '/api/v1/namespaces/../../secrets'],
  ['a prototype', '/apis/__proto__/v1/constructor'],
  ['a long path', `/api/v1/${'a/'.repeat(2000)}`],
])('%s in the path is not found', async ([, path = '']) => {
  await using started = await startForTest();
  const { code } = await started.client.get(path);
  expect([400, 404]).toContain(code);
});

test('names from JavaScript are names like any other', async () => {
  await using started = await startForTest();
  const body =
    '{"metadata":{"name":"tricky","labels":{"constructor":"a"},"annotations":{"__proto__":"x"}},"data":{"__proto__":"1","toString":"2"}}';
  const created = await started.client.post(maps, body);
  expect(created.code).toBe(422); // an annotation may not begin with an underscore
  const { code } = await started.client.post(maps, body.replace('"annotations":{"__proto__":"x"}', '"annotations":{}'));
  expect(code).toBe(201);
  const stored = (await started.client.get(`${maps}/tricky`)).body;
  expect(Object.entries(stored.data).toSorted()).toEqual([
    ['__proto__', '1'],
    ['toString', '2'],
  ]);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('a merge patch cannot reach a prototype', async () => {
  await using started = await startForTest();
  await started.client.post(maps, { metadata: { name: 'a' }, data: { a: '1' } });
  const { code } = await started.client.patch('merge', `${maps}/a`, '{"data":{"__proto__":{"polluted":"yes"}}}');
  expect(code).toBe(400);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});

test('YAML that unfolds without end is refused', async () => {
  await using started = await startForTest();
  const levels = Array.from(
    { length: 12 },
    (_, index) => `l${index + 1}: &l${index + 1} [${Array(10).fill(`*l${index}`).join(',')}]`,
  );
  const bomb = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\nl0: &l0 [x]\n${levels.join('\n')}\n`;
  const { code } = await started.client.patch('apply', `${maps}/bomb?fieldManager=me`, bomb);
  expect(code).toBe(400);
});

test('a pattern that would take for ever is answered at once', async () => {
  const definition = structuredClone(widgetDefinition);
  for (const version of definition.spec.versions)
    version.schema.openAPIV3Schema.properties.spec.properties.interval.pattern = '^(a+)+$';
  await using started = await startForTest({ customResourceDefinitions: [definition] });
  const widget = {
    apiVersion: 'contract.example/v1',
    kind: 'Widget',
    metadata: { name: 'w' },
    spec: { interval: `${'a'.repeat(50_000)}!` },
  };
  const { code } = await started.client.post('/apis/contract.example/v1/namespaces/default/widgets', widget);
  expect(code).toBe(422);
});

test('a thousand objects and ten watches', async () => {
  await using started = await startForTest();
  const watches = Array.from({ length: 10 }, () => started.client.watch(`${maps}?watch=1`, (events) => events.length === 1000));
  for (let index = 0; index < 1000; index += 1)
    await started.client.post(maps, {
      metadata: { name: `m${index}`, labels: { odd: String(index % 2) } },
      data: { a: 'x'.repeat(200) },
    });
  const told = await Promise.all(watches);
  expect(told.map(({ length }) => length)).toEqual(Array(10).fill(1000));
  expect((await started.client.get(`${maps}?labelSelector=odd%3D1`)).body.items).toHaveLength(500);
});

test('a watch that is too far behind has to list again', async () => {
  await using started = await startForTest();
  await started.client.post(maps, { metadata: { name: 'busy' } });
  const { resourceVersion } = (await started.client.get(maps)).body.metadata;
  for (let index = 0; index < 8200; index += 50)
    await Promise.all(
      Array.from({ length: 50 }, (_, offset) =>
        started.client.patch('merge', `${maps}/busy`, { data: { a: String(index + offset) } }),
      ),
    );
  const [event] = await started.client.watch(`${maps}?watch=1&resourceVersion=${resourceVersion}`, ({ length }) => length === 1);
  expect(event).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
  const { code } = await started.client.get(`${maps}?resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`);
  expect(code).toBe(410);
});

test('a stop ends watches and frees the port', async () => {
  const started = await startForTest();
  const watch = started.client.watch(`${maps}?watch=1`, () => false).catch(() => []);
  await started.client.get(maps);
  await started.plane.stop();
  await started.plane.stop();
  await watch;
  await using again = await startForTest({ port: Number(new URL(started.plane.url).port) });
  expect((await again.client.get('/readyz')).code).toBe(200);
  await started.client.close();
});

test('given definitions that are broken stop the start', async () => {
  const broken = { ...widgetDefinition, spec: { ...widgetDefinition.spec, scope: 'Nowhere' } };
  await expect(startForTest({ customResourceDefinitions: [broken] })).rejects.toThrow(
    /serving CustomResourceDefinition widgets\.contract\.example failed: .*spec\.scope: Unsupported value/,
  );
});

test('a second definition cannot take the names of the first', async () => {
  await using started = await startForTest({ customResourceDefinitions: [widgetDefinition] });
  const names = { ...widgetDefinition.spec.names, plural: 'gizmos' };
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  await started.client.post(definitions, {
    ...widgetDefinition,
    metadata: { name: 'gizmos.contract.example' },
    spec: { ...widgetDefinition.spec, names },
  });
  const { status } = (await started.client.get(`${definitions}/gizmos.contract.example`)).body;
  expect(status.conditions[0]).toMatchObject({ type: 'NamesAccepted', status: 'False' });
  expect((await started.client.get('/apis/contract.example/v1/gizmos')).code).toBe(404);
  expect((await started.client.get('/apis/contract.example/v1/widgets')).code).toBe(200);
});
