import { beforeAll, expect, test } from 'vitest';
import type { Loose } from './kubernetes-client.ts';
import type { Contract } from './kubernetes-contract.ts';

export function listFacts(contract: Contract): void {
  const maps = '/api/v1/namespaces/contract-lists/configmaps';
  const names = (body: Loose) => body.items.map(({ metadata }: Loose) => metadata.name);
  const list = (query: string, headers = {}) => contract.client.get(`${maps}?${query}`, headers);

  beforeAll(async () => {
    await contract.client.post('/api/v1/namespaces', { metadata: { name: 'contract-lists' } });
    const labels = [{ app: 'web', tier: 'front' }, { app: 'web', tier: 'back' }, { app: 'db' }, {}];
    for (const [index, own] of labels.entries())
      await contract.client.post(maps, { metadata: { name: `m${index}`, labels: { ...own, test: 'x' } } });
    for (const name of ['e1', 'e2']) {
      const involvedObject = { kind: 'Pod', name, namespace: 'contract-lists', uid: `uid-${name}` };
      await contract.client.post('/api/v1/namespaces/contract-lists/events', {
        metadata: { name },
        involvedObject,
        reason: 'Why',
        type: name === 'e1' ? 'Normal' : 'Warning',
      });
    }
  });

  test.for([
    { because: 'a value has to be equal', selector: 'app=web', finds: ['m0', 'm1'] },
    { because: 'two equal signs are one', selector: 'app==db', finds: ['m2'] },
    { because: 'other values, and none, are unequal', selector: 'test,app!=web', finds: ['m2', 'm3'] },
    { because: 'a key alone has to be there', selector: 'tier', finds: ['m0', 'm1'] },
    { because: 'a negated key must not be there', selector: '!app,test', finds: ['m3'] },
    { because: 'a set holds one of its values', selector: 'app in (web, db),tier notin (back)', finds: ['m0', 'm2'] },
  ])('$because: $selector', async ({ selector, finds }) => {
    expect(names((await list(`labelSelector=${encodeURIComponent(selector)}`)).body)).toEqual(finds);
  });

  test('what is no selector is refused', async () => {
    const { code, body } = await list(`labelSelector=${encodeURIComponent('a b c')}`);
    expect({ code, reason: body.reason }).toEqual({ code: 400, reason: 'BadRequest' });
  });

  test('a name can be selected', async () => {
    expect(names((await list('fieldSelector=metadata.name%3Dm2')).body)).toEqual(['m2']);
    expect(names((await list('labelSelector=test&fieldSelector=metadata.name!%3Dm2')).body)).toEqual(['m0', 'm1', 'm3']);
  });

  test('a field that cannot be selected is refused', async () => {
    const { code, body } = await list('fieldSelector=data.a%3D1');
    expect({ code, reason: body.reason }).toEqual({ code: 400, reason: 'BadRequest' });
    expect(body.message).toContain('data.a');
  });

  test('events are selected by what they are about', async () => {
    const events = '/api/v1/namespaces/contract-lists/events';
    const { body } = await contract.client.get(
      `${events}?fieldSelector=${encodeURIComponent('involvedObject.kind=Pod,involvedObject.name=e2,type=Warning')}`,
    );
    expect(names(body)).toEqual(['e2']);
  });

  test('both event APIs show the same events', async () => {
    const { body } = await contract.client.get('/apis/events.k8s.io/v1/namespaces/contract-lists/events/e1');
    expect(body).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      regarding: { kind: 'Pod', name: 'e1' },
      reason: 'Why',
      type: 'Normal',
    });
  });

  test('a list says its kind once, and its version', async () => {
    const { body } = await list('labelSelector=test');
    expect(body).toMatchObject({
      kind: 'ConfigMapList',
      apiVersion: 'v1',
      metadata: { resourceVersion: expect.stringMatching(/^\d+$/) },
    });
    expect(body.items[0].kind).toBeUndefined();
  });

  test('pages follow one another', async () => {
    const first = (await list('limit=2')).body;
    expect(first.items).toHaveLength(2);
    expect(first.metadata.remainingItemCount).toBeGreaterThanOrEqual(2);
    const rest = (await list(`limit=500&continue=${encodeURIComponent(first.metadata.continue)}`)).body;
    expect(rest.metadata.continue).toBeUndefined();
    const all = names((await list('')).body);
    expect([...names(first), ...names(rest)]).toEqual(all);
  });

  test('later pages show the state of the first', async () => {
    const first = (await list('limit=1&labelSelector=test')).body;
    expect(first.metadata.remainingItemCount).toBeUndefined();
    await contract.client.post(maps, { metadata: { name: 'm1-late', labels: { test: 'x' } } });
    const rest = (await list(`limit=9&labelSelector=test&continue=${encodeURIComponent(first.metadata.continue)}`)).body;
    await contract.client.delete(`${maps}/m1-late`);
    expect(names(rest)).toEqual(['m1', 'm2', 'm3']);
    expect(rest.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  test('a list can be had as it was', async () => {
    const before = (await list('labelSelector=test')).body;
    await contract.client.post(maps, { metadata: { name: 'm9', labels: { test: 'x' } } });
    const then = (await list(`labelSelector=test&resourceVersion=${before.metadata.resourceVersion}&resourceVersionMatch=Exact`))
      .body;
    await contract.client.delete(`${maps}/m9`);
    expect(names(then)).toEqual(names(before));
  });

  test('metadata alone is enough for some', async () => {
    const { body } = await list('labelSelector=app%3Ddb', {
      accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
    });
    expect(body).toMatchObject({
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      items: [{ metadata: { name: 'm2' } }],
    });
    expect(body.items[0].data).toBeUndefined();
  });

  test('one object shows its metadata alone', async () => {
    const { body } = await contract.client.get(`${maps}/m2`, {
      accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
    });
    expect(body).toMatchObject({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { name: 'm2', labels: { app: 'db' } },
    });
  });

  test('a table has columns and cells', async () => {
    const { body } = await list('labelSelector=app%3Ddb', {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
    });
    expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    expect(body.columnDefinitions.map(({ name }: Loose) => name)).toEqual(['Name', 'Data', 'Age']);
    expect(body.rows[0].cells).toEqual(['m2', 0, expect.stringMatching(/^\d+[smh]/)]);
    expect(body.rows[0].object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'm2' } });
  });

  test('what nobody can serve is not acceptable', async () => {
    expect((await list('', { accept: 'text/csv' })).code).toBe(406);
  });

  test('a collection is deleted by its labels', async () => {
    for (const name of ['d1', 'd2']) await contract.client.post(maps, { metadata: { name, labels: { gone: 'yes' } } });
    const { code, body } = await contract.client.delete(`${maps}?labelSelector=gone`);
    expect({ code, kind: body.kind }).toEqual({ code: 200, kind: 'ConfigMapList' });
    expect((await list('labelSelector=gone')).body.items).toEqual([]);
  });
}
