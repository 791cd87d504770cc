import { expect, test } from 'vitest';
import type { Loose } from './kubernetes-client.ts';
import type { Contract } from './kubernetes-contract.ts';

export function watchFacts(contract: Contract): void {
  const maps = `/api/v1/namespaces/${contract.namespace}/configmaps`;
  const told = (events: readonly Loose[]) => events.map(({ type, object }: Loose) => `${type} ${object.metadata.name}`);
  const create = async (name: string, labels: object = {}) =>
    (await contract.client.post(maps, { metadata: { name, labels } })).body.metadata.resourceVersion;
  const versionNow = async () => (await contract.client.get(`${maps}?limit=1`)).body.metadata.resourceVersion;

  test('a watch tells what happens after a version', async () => {
    const [name, version] = [contract.newName(), await versionNow()];
    await create(name);
    await contract.client.patch('merge', `${maps}/${name}`, { data: { a: '1' } });
    await contract.client.delete(`${maps}/${name}`);
    const events = await contract.client.watch(`${maps}?watch=1&resourceVersion=${version}`, ({ length }) => length === 3);
    expect(told(events)).toEqual([`ADDED ${name}`, `MODIFIED ${name}`, `DELETED ${name}`]);
    const versions = events.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    expect(events[1].object.data).toEqual({ a: '1' });
  });

  test('a watch without a version begins with what is there', async () => {
    const name = contract.newName();
    await create(name, { initial: name });
    const events = await contract.client.watch(
      `${maps}?watch=true&labelSelector=initial%3D${name}`,
      ({ length }) => length === 1,
    );
    expect(told(events)).toEqual([`ADDED ${name}`]);
  });

  test('an object that is no longer selected is deleted for the watch', async () => {
    const [name, version] = [contract.newName(), await versionNow()];
    await create(name, { picked: name });
    await contract.client.patch('merge', `${maps}/${name}`, { metadata: { labels: { picked: null } } });
    await contract.client.patch('merge', `${maps}/${name}`, { metadata: { labels: { picked: name } } });
    const events = await contract.client.watch(
      `${maps}?watch=1&resourceVersion=${version}&labelSelector=picked%3D${name}`,
      ({ length }) => length === 3,
    );
    expect(told(events)).toEqual([`ADDED ${name}`, `DELETED ${name}`, `ADDED ${name}`]);
    expect(Number(events[1].object.metadata.resourceVersion)).toBeGreaterThan(Number(events[0].object.metadata.resourceVersion));
  });

  test('one object can be watched by its name', async () => {
    const [name, other, version] = [contract.newName(), contract.newName(), await versionNow()];
    await create(other);
    await create(name);
    const events = await contract.client.watch(
      `${maps}?watch=1&resourceVersion=${version}&fieldSelector=metadata.name%3D${name}`,
      ({ length }) => length === 1,
    );
    expect(told(events)).toEqual([`ADDED ${name}`]);
  });

  test('a watch can show metadata alone', async () => {
    const [name, version] = [contract.newName(), await versionNow()];
    await create(name);
    const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
    const [event] = await contract.client.watch(`${maps}?watch=1&resourceVersion=${version}`, ({ length }) => length === 1, {
      accept,
    });
    expect(event.object).toMatchObject({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name } });
  });

  test('initial events end with a bookmark', async () => {
    const name = contract.newName();
    await create(name, { streamed: name });
    const query = `watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=streamed%3D${name}`;
    const events = await contract.client.watch(`${maps}?${query}`, ({ length }) => length === 2);
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK']);
    expect(events[1].object).toMatchObject({
      kind: 'ConfigMap',
      metadata: { annotations: { 'k8s.io/initial-events-end': 'true' }, resourceVersion: expect.stringMatching(/^\d+$/) },
    });
  });

  test('initial events need a match', async () => {
    const { code } = await contract.client.get(`${maps}?watch=1&sendInitialEvents=true`);
    expect([400, 422]).toContain(code);
  });

  test('a watch ends when its time is up', async () => {
    const events = await contract.client.watch(
      `${maps}?watch=1&resourceVersion=${await versionNow()}&timeoutSeconds=1&fieldSelector=metadata.name%3Dnobody`,
      () => false,
    );
    expect(events.filter(({ type }) => type !== 'BOOKMARK')).toEqual([]);
  });

  test('the version of a list that is still to come is waited for in vain', async () => {
    const { code, body } = await contract.client.get(`${maps}?resourceVersion=999999999&resourceVersionMatch=NotOlderThan`);
    expect({ code, reason: body.reason }).toEqual({ code: 504, reason: 'Timeout' });
    expect(body.details.causes[0].reason).toBe('ResourceVersionTooLarge');
  });

  test('custom kinds are watched by all their versions', async () => {
    const name = contract.newName();
    const path = `/apis/contract.example/v1beta1/namespaces/${contract.namespace}/widgets`;
    const { body } = await contract.client.get(path);
    await contract.client.post(path.replace('v1beta1', 'v1'), {
      apiVersion: 'contract.example/v1',
      kind: 'Widget',
      metadata: { name },
      spec: { interval: '1m' },
    });
    const [event] = await contract.client.watch(
      `${path}?watch=1&resourceVersion=${body.metadata.resourceVersion}`,
      ({ length }) => length === 1,
    );
    expect(event).toMatchObject({
      type: 'ADDED',
      object: { apiVersion: 'contract.example/v1beta1', kind: 'Widget', metadata: { name } },
    });
  });
}
