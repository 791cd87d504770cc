import { expect, test } from 'vitest';
import type { Contract } from './kubernetes-contract.ts';

export function objectFacts(contract: Contract): void {
  const { newName } = contract;
  const maps = `/api/v1/namespaces/${contract.namespace}/configmaps`;
  const create = async (metadata: object = {}, data: object = { a: '1' }) => {
    const name = newName();
    const { body } = await contract.client.post(maps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, ...metadata },
      data,
    });
    return { name, path: `${maps}/${name}`, object: body };
  };

  test('a created object gets an identity', async () => {
    const { object, name } = await create();
    expect(object).toMatchObject({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name,
        namespace: contract.namespace,
        uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
        resourceVersion: expect.stringMatching(/^\d+$/),
        creationTimestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      },
    });
    expect(object.metadata.generation).toBeUndefined();
  });

  test('what is missing is named', async () => {
    const { code, body } = await contract.client.get(`${maps}/missing`);
    expect({ code, body }).toEqual({
      code: 404,
      body: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'configmaps "missing" not found',
        reason: 'NotFound',
        details: { name: 'missing', kind: 'configmaps' },
        code: 404,
      },
    });
  });

  test('the details of a grouped kind name the group', async () => {
    const { body } = await contract.client.get(`/apis/apps/v1/namespaces/${contract.namespace}/deployments/missing`);
    expect(body).toMatchObject({
      message: 'deployments.apps "missing" not found',
      details: { name: 'missing', group: 'apps', kind: 'deployments' },
    });
  });

  test('a name can be taken once', async () => {
    const { name } = await create();
    const { code, body } = await contract.client.post(maps, { metadata: { name } });
    expect({ code, body }).toMatchObject({
      code: 409,
      body: { reason: 'AlreadyExists', message: `configmaps "${name}" already exists` },
    });
  });

  test('the namespace has to exist', async () => {
    const { code, body } = await contract.client.post('/api/v1/namespaces/nowhere/configmaps', { metadata: { name: 'a' } });
    expect({ code, body }).toMatchObject({
      code: 404,
      body: { message: 'namespaces "nowhere" not found', details: { name: 'nowhere', kind: 'namespaces' } },
    });
  });

  test('a prefix becomes a name', async () => {
    const { code, body } = await contract.client.post(maps, { metadata: { generateName: 'made-' } });
    expect(code).toBe(201);
    expect(body.metadata.name).toMatch(/^made-[a-z0-9]{5}$/);
  });

  test('no name is no object', async () => {
    const { code, body } = await contract.client.post(maps, { metadata: {} });
    expect(code).toBe(422);
    expect(body.message).toBe('ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required');
  });

  test('a name breaks no rules', async () => {
    const { code, body } = await contract.client.post(maps, { metadata: { name: 'Not_A_Name' } });
    expect({ code, reason: body.reason, field: body.details.causes[0].field }).toEqual({
      code: 422,
      reason: 'Invalid',
      field: 'metadata.name',
    });
    expect(body.message).toMatch(
      /^ConfigMap "Not_A_Name" is invalid: metadata\.name: Invalid value: "Not_A_Name": a lowercase RFC 1123 subdomain must consist of/,
    );
  });

  test('a label value breaks no rules', async () => {
    const { code, body } = await contract.client.post(maps, { metadata: { name: newName(), labels: { a: 'b c' } } });
    expect(code).toBe(422);
    expect(body.message).toMatch(
      /metadata\.labels: Invalid value: "b c": a valid label must be an empty string or consist of alphanumeric characters/,
    );
  });

  test('the URL and the body agree on the namespace', async () => {
    const { code, body } = await contract.client.post(maps, { metadata: { name: 'a', namespace: 'default' } });
    expect({ code, message: body.message }).toEqual({
      code: 400,
      message: 'the namespace of the provided object does not match the namespace sent on the request',
    });
  });

  test('the URL and the body agree on the name', async () => {
    const { path, name } = await create();
    const { code, body } = await contract.client.put(path, { metadata: { name: 'other' } });
    expect({ code, message: body.message }).toEqual({
      code: 400,
      message: `the name of the object (other) does not match the name on the URL (${name})`,
    });
  });

  test('a body that is no JSON is refused', async () => {
    const { code, body } = await contract.client.post(maps, '{"metadata":');
    expect({ code, reason: body.reason }).toEqual({ code: 400, reason: 'BadRequest' });
  });

  test('another kind is refused', async () => {
    const { code, body } = await contract.client.post(maps, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } });
    expect({ code, reason: body.reason }).toEqual({ code: 400, reason: 'BadRequest' });
  });

  test('a field of the wrong type is refused', async () => {
    const { code, body } = await contract.client.post(maps, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a' },
      data: { a: 1 },
    });
    expect({ code, reason: body.reason }).toEqual({ code: 400, reason: 'BadRequest' });
    expect(body.message).toMatch(
      /^ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap\.data of type string/,
    );
  });

  test('a replacement counts the resourceVersion up', async () => {
    const { path, object } = await create();
    const { code, body } = await contract.client.put(path, { ...object, data: { a: '2' } });
    expect(code).toBe(200);
    expect(Number(body.metadata.resourceVersion)).toBeGreaterThan(Number(object.metadata.resourceVersion));
    expect(body.metadata.uid).toBe(object.metadata.uid);
  });

  test('a replacement without a difference changes nothing', async () => {
    const { path, object } = await create();
    const { body } = await contract.client.put(path, object);
    expect(body.metadata).toEqual(object.metadata);
  });

  test('a stale replacement is refused', async () => {
    const { path, object, name } = await create();
    await contract.client.put(path, { ...object, data: { a: '2' } });
    const { code, body } = await contract.client.put(path, { ...object, data: { a: '3' } });
    expect({ code, body }).toMatchObject({
      code: 409,
      body: {
        reason: 'Conflict',
        message: `Operation cannot be fulfilled on configmaps "${name}": the object has been modified; please apply your changes to the latest version and try again`,
        details: { name, kind: 'configmaps' },
      },
    });
  });

  test('a replacement without resourceVersion wins', async () => {
    const { path, name } = await create();
    const { code, body } = await contract.client.put(path, { metadata: { name }, data: { b: '1' } });
    expect({ code, data: body.data }).toEqual({ code: 200, data: { b: '1' } });
  });

  test('a replacement of another uid is refused', async () => {
    const { path, object } = await create();
    const { code, body } = await contract.client.put(path, { ...object, metadata: { ...object.metadata, uid: 'other' } });
    expect({ code, reason: body.reason }).toEqual({ code: 409, reason: 'Conflict' });
    expect(body.message).toContain('Precondition failed: UID in precondition: other, UID in object meta:');
  });

  test('nothing is replaced that is not there', async () => {
    const { code } = await contract.client.put(`${maps}/missing`, { metadata: { name: 'missing' } });
    expect(code).toBe(404);
  });

  test('a dry run stores nothing', async () => {
    const name = newName();
    const { code, body } = await contract.client.post(`${maps}?dryRun=All`, { metadata: { name } });
    expect({ code, name: body.metadata.name, uid: typeof body.metadata.uid }).toEqual({ code: 201, name, uid: 'string' });
    expect(body.metadata.resourceVersion).toBeUndefined();
    expect((await contract.client.get(`${maps}/${name}`)).code).toBe(404);
  });

  test('a dry run of a change stores nothing', async () => {
    const { path, object } = await create();
    const { body } = await contract.client.put(`${path}?dryRun=All`, { ...object, data: { a: '2' } });
    expect(body.data).toEqual({ a: '2' });
    expect(body.metadata.resourceVersion).toBe(object.metadata.resourceVersion);
    expect((await contract.client.get(path)).body.data).toEqual({ a: '1' });
  });

  test('a deletion tells what went', async () => {
    const { path, object, name } = await create();
    const { code, body } = await contract.client.delete(path);
    expect({ code, body }).toEqual({
      code: 200,
      body: {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Success',
        details: { name, kind: 'configmaps', uid: object.metadata.uid },
      },
    });
    expect((await contract.client.get(path)).code).toBe(404);
  });

  test('a deletion can insist on a uid', async () => {
    const { path } = await create();
    const { code, body } = await contract.client.delete(path, { preconditions: { uid: 'other' } });
    expect({ code, reason: body.reason }).toEqual({ code: 409, reason: 'Conflict' });
  });

  test('finalizers keep a deleted object', async () => {
    const { path, object } = await create({ finalizers: ['contract.example/hold'] });
    const { code, body } = await contract.client.delete(path);
    expect({ code, finalizers: body.metadata.finalizers, since: typeof body.metadata.deletionTimestamp }).toEqual({
      code: 200,
      finalizers: ['contract.example/hold'],
      since: 'string',
    });
    expect(body.metadata.deletionGracePeriodSeconds).toBe(0);
    const again = await contract.client.delete(path);
    expect(again.body.metadata.deletionTimestamp).toBe(body.metadata.deletionTimestamp);
    const added = await contract.client.patch('merge', path, {
      metadata: { finalizers: ['contract.example/hold', 'contract.example/more'] },
    });
    expect(added.code).toBe(422);
    expect(added.body.message).toContain(
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted',
    );
    const last = await contract.client.patch('merge', path, { metadata: { finalizers: null } });
    expect({ code: last.code, uid: last.body.metadata.uid }).toEqual({ code: 200, uid: object.metadata.uid });
    expect((await contract.client.get(path)).code).toBe(404);
  });

  test('an unknown field is dropped with a warning', async () => {
    const { headers, body } = await contract.client.post(`${maps}?fieldValidation=Warn`, {
      metadata: { name: newName() },
      unknown: 1,
    });
    expect(headers['warning']).toBe('299 - "unknown field \\"unknown\\""');
    expect(body.unknown).toBeUndefined();
  });

  test('an unknown field is refused by strict validation', async () => {
    const { code, body } = await contract.client.post(`${maps}?fieldValidation=Strict`, {
      metadata: { name: newName(), extra: 1 },
      unknown: 1,
    });
    expect({ code, message: body.message }).toEqual({
      code: 400,
      message:
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "metadata.extra", unknown field "unknown"',
    });
  });

  test('a method that a path has not is refused', async () => {
    const { code, body } = await contract.client.post(`${maps}/a`, {});
    expect({ code, reason: body.reason }).toEqual({ code: 405, reason: 'MethodNotAllowed' });
  });

  test('a body in an unknown format is refused', async () => {
    const { code, body } = await contract.client.post(maps, 'a', { 'content-type': 'text/csv' });
    expect({ code, reason: body.reason }).toEqual({ code: 415, reason: 'UnsupportedMediaType' });
  });

  test('a body in YAML is as good as one in JSON', async () => {
    const name = newName();
    const { code, body } = await contract.client.post(maps, `metadata:\n  name: ${name}\ndata: {a: "1"}\n`, {
      'content-type': 'application/yaml',
    });
    expect({ code, data: body.data }).toEqual({ code: 201, data: { a: '1' } });
  });

  test('a manager is who the user agent says, up to the slash', async () => {
    const { body } = await contract.client.post(
      maps,
      { metadata: { name: newName() }, data: { a: '1' } },
      { 'user-agent': 'some-tool/v1.2 (linux)' },
    );
    expect(body.metadata.managedFields[0]).toMatchObject({
      manager: 'some-tool',
      operation: 'Update',
      apiVersion: 'v1',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:data': { '.': {}, 'f:a': {} } },
    });
  });

  test('everybody may ask whether they may', async () => {
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'get', resource: 'secrets' } },
    };
    const { code, body } = await contract.client.post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review);
    expect({ code, allowed: body.status.allowed }).toEqual({ code: 201, allowed: true });
  });
}
