import { expect, test } from 'vitest';
import type { Loose } from './kubernetes-client.ts';
import { type Contract, untilServed } from './kubernetes-contract.ts';
import { widgetDefinition } from './widget-definition.ts';

export function customKindFacts(contract: Contract): void {
  const widgets = `/apis/contract.example/v1/namespaces/${contract.namespace}/widgets`;
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const { newName } = contract;
  const create = (spec: object, query = '', rest: object = {}) =>
    contract.client.post(`${widgets}${query}`, {
      apiVersion: 'contract.example/v1',
      kind: 'Widget',
      metadata: { name: newName() },
      spec: { interval: '1m', ...spec },
      ...rest,
    });
  const complaints = async (spec: object) => {
    const { code, body } = await create(spec);
    const own = (body.details?.causes ?? []).filter(({ field }: Loose) => field !== '<nil>');
    return { code, causes: own.map(({ field, message }: Loose) => `${field}: ${message}`).toSorted() };
  };

  test('a definition is established', async () => {
    const { body } = await contract.client.get(`${definitions}/widgets.contract.example`);
    expect(body.status.conditions).toMatchObject([
      { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
      { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' },
    ]);
    expect(body.status).toMatchObject({
      acceptedNames: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      storedVersions: ['v1'],
    });
    expect(body.spec.names).toMatchObject({ singular: 'widget', listKind: 'WidgetList' });
    expect(body.spec.conversion).toEqual({ strategy: 'None' });
  });

  test.for([
    {
      because: 'a text matches its pattern',
      spec: { interval: 'soon' },
      causes: ['spec.interval: Invalid value: "soon": spec.interval in body should match \'^([0-9]+(ms|s|m|h))+$\''],
    },
    { because: 'a required field is there', spec: { interval: undefined }, causes: ['spec.interval: Required value'] },
    { because: 'null is nothing', spec: { interval: null }, causes: ['spec.interval: Required value'] },
    {
      because: 'a number is not too great',
      spec: { replicas: 9 },
      causes: ['spec.replicas: Invalid value: 9: spec.replicas in body should be less than or equal to 5'],
    },
    {
      because: 'a number is not too small',
      spec: { replicas: 0 },
      causes: ['spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1'],
    },
    {
      because: 'a value is one of a few',
      spec: { mode: 'z' },
      causes: ['spec.mode: Unsupported value: "z": supported values: "x", "y"'],
    },
    {
      because: 'a text is not too short',
      spec: { short: 'a' },
      causes: ['spec.short: Invalid value: "a": spec.short in body should be at least 2 chars long'],
    },
    {
      because: 'a text is not too long',
      spec: { short: 'abcd' },
      causes: ['spec.short: Too long: may not be more than 3 bytes'],
    },
    {
      because: 'a list is not too short',
      spec: { list: [] },
      causes: ['spec.list: Invalid value: 0: spec.list in body should have at least 1 items'],
    },
    {
      because: 'a list is not too long',
      spec: { list: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] },
      causes: ['spec.list: Too many: 3: must have at most 2 items'],
    },
    {
      because: 'items are checked too',
      spec: { list: [{ name: 'a' }, { size: 'big' }] },
      causes: [
        'spec.list[1].name: Required value',
        'spec.list[1].size: Invalid value: "string": spec.list[1].size in body must be of type integer: "string"',
      ],
    },
    {
      because: 'a type is right',
      spec: { left: 5 },
      causes: ['spec.left: Invalid value: "integer": spec.left in body must be of type string: "integer"'],
    },
    {
      because: 'a map is of one type',
      spec: { labels: { a: 1 } },
      causes: ['spec.labels.a: Invalid value: "integer": spec.labels.a in body must be of type string: "integer"'],
    },
    {
      because: 'a port is a number or a text',
      spec: { port: true },
      causes: ['spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"'],
    },
    {
      because: 'keys come once',
      spec: { keyed: [{ name: 'a' }, { name: 'a' }] },
      causes: ['spec.keyed[1]: Duplicate value: {"name":"a"}'],
    },
    { because: 'members of a set come once', spec: { set: ['a', 'a'] }, causes: ['spec.set[1]: Duplicate value: "a"'] },
    {
      because: 'a rule holds',
      spec: { left: 'a', right: 'b' },
      causes: ['spec: Invalid value: left and right exclude each other'],
    },
    {
      because: 'a rule without words shows itself',
      spec: { interval: '7m' },
      causes: ["spec: Invalid value: failed rule: self.interval != '7m'"],
    },
    {
      because: 'a rule may point at a field',
      spec: { counts: [1, 0] },
      causes: ['spec.counts: Invalid value: counts are positive'],
    },
  ])('a custom object is refused unless $because', async ({ spec, causes }) => {
    expect(await complaints(spec)).toEqual({ code: 422, causes });
  });

  test('a refusal names kind, group and object', async () => {
    const { body } = await contract.client.post(widgets, {
      apiVersion: 'contract.example/v1',
      kind: 'Widget',
      metadata: { name: 'bad' },
      spec: { interval: '7m' },
    });
    expect(body).toMatchObject({
      message: 'Widget.contract.example "bad" is invalid: spec: Invalid value: failed rule: self.interval != \'7m\'',
      reason: 'Invalid',
      details: { name: 'bad', group: 'contract.example', kind: 'Widget' },
    });
  });

  test('defaults are filled in, also inside of defaults', async () => {
    const { body } = await create({ list: [{ name: 'a' }], nested: {} });
    expect(body.spec).toEqual({
      interval: '1m',
      mode: 'x',
      list: [{ name: 'a', size: 3 }],
      nested: { deep: { answer: 42, off: false } },
    });
  });

  test('what the schema does not know is dropped, unless it says otherwise', async () => {
    const { body } = await create({ unknown: 1, free: { any: { thing: 1 } }, list: [{ name: 'a', extra: 1 }] });
    expect(body.spec).toEqual({ interval: '1m', mode: 'x', free: { any: { thing: 1 } }, list: [{ name: 'a', size: 3 }] });
  });

  test('null is kept only where it is allowed', async () => {
    const { body } = await create({ nothing: null, something: null });
    expect(body.spec).toEqual({ interval: '1m', mode: 'x', nothing: null });
  });

  test('strict validation names what is unknown', async () => {
    const { code, body } = await create({ unknown: 1 }, '?fieldValidation=Strict');
    expect({ code, message: body.message }).toEqual({
      code: 400,
      message: 'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.unknown"',
    });
  });

  test('a field may be fixed', async () => {
    const { body } = await create({ fixed: 'a' });
    const changed = await contract.client.patch('merge', `${widgets}/${body.metadata.name}`, { spec: { fixed: 'b' } });
    expect(changed.code).toBe(422);
    expect(changed.body.message).toContain('spec.fixed: Invalid value: "b": fixed cannot change');
  });

  test('status is written through its own subresource only', async () => {
    const { body } = await create({}, '', { status: { replicas: 4 } });
    expect(body.status).toEqual({ observedGeneration: -1 });
    const path = `${widgets}/${body.metadata.name}`;
    const written = await contract.client.patch('merge', `${path}/status`, {
      status: { replicas: 2 },
      spec: { interval: '9m' },
      metadata: { labels: { a: 'b' } },
    });
    expect({ status: written.body.status, interval: written.body.spec.interval, labels: written.body.metadata.labels }).toEqual({
      status: { observedGeneration: -1, replicas: 2 },
      interval: '1m',
      labels: undefined,
    });
    const ignored = await contract.client.patch('merge', path, { status: { replicas: 9 } });
    expect(ignored.body.status.replicas).toBe(2);
  });

  test('the generation moves with the spec alone', async () => {
    const { body } = await create({});
    const path = `${widgets}/${body.metadata.name}`;
    const generation = async (patch: object, suffix = '') =>
      (await contract.client.patch('merge', `${path}${suffix}`, patch)).body.metadata.generation;
    expect(body.metadata.generation).toBe(1);
    expect(await generation({ metadata: { annotations: { a: 'b' } } })).toBe(1);
    expect(await generation({ status: { replicas: 1 } }, '/status')).toBe(1);
    expect(await generation({ spec: { interval: '2m' } })).toBe(2);
  });

  test('a deletion that waits moves the generation', async () => {
    const { body } = await create({});
    const path = `${widgets}/${body.metadata.name}`;
    await contract.client.patch('merge', path, { metadata: { finalizers: ['contract.example/hold'] } });
    const { body: deleted } = await contract.client.delete(path);
    expect(deleted.metadata).toMatchObject({
      generation: 2,
      deletionTimestamp: expect.any(String),
      deletionGracePeriodSeconds: 0,
    });
    await contract.client.patch('merge', path, { metadata: { finalizers: null } });
  });

  test('a replacement names the version it replaces', async () => {
    const { body } = await create({});
    const { resourceVersion: _, ...metadata } = body.metadata;
    const { code, body: refusal } = await contract.client.put(`${widgets}/${metadata.name}`, { ...body, metadata });
    expect({ code, message: refusal.message }).toEqual({
      code: 422,
      message: `widgets.contract.example "${metadata.name}" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update`,
    });
  });

  test('every served version shows the object', async () => {
    const { body } = await create({});
    const other = await contract.client.get(`${widgets.replace('/v1/', '/v1beta1/')}/${body.metadata.name}`);
    expect(other.body).toMatchObject({
      apiVersion: 'contract.example/v1beta1',
      metadata: { uid: body.metadata.uid },
      spec: { interval: '1m' },
    });
  });

  test('its scale is read and written', async () => {
    const { body } = await create({ replicas: 2 });
    const path = `${widgets}/${body.metadata.name}`;
    expect((await contract.client.get(`${path}/scale`)).body).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 2 },
      status: { replicas: 0 },
    });
    const scaled = await contract.client.patch('merge', `${path}/scale`, { spec: { replicas: 3 } });
    expect(scaled.body.spec.replicas).toBe(3);
    expect((await contract.client.get(path)).body).toMatchObject({ spec: { replicas: 3 }, metadata: { generation: 2 } });
  });

  test('its table has the columns of the definition', async () => {
    const { body } = await create({ replicas: 2 });
    const { name } = body.metadata;
    await contract.client.patch('merge', `${widgets}/${name}/status`, {
      status: {
        conditions: [
          { type: 'Other', status: 'False' },
          { type: 'Ready', status: 'True' },
        ],
      },
    });
    const table = await contract.client.get(`${widgets}/${name}`, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
    });
    expect(table.body.columnDefinitions.map((column: Loose) => `${column.name} ${column.priority}`)).toEqual([
      'Name 0',
      'Ready 0',
      'Replicas 0',
      'Interval 1',
    ]);
    expect(table.body.rows[0].cells).toEqual([name, 'True', 2, '1m']);
  });

  test('a definition goes with its objects', async () => {
    const names = { plural: 'gadgets', kind: 'Gadget' };
    const path = '/apis/contract.example/v1/gadgets';
    const { code } = await contract.client.post(definitions, {
      ...widgetDefinition,
      metadata: { name: 'gadgets.contract.example' },
      spec: { ...widgetDefinition.spec, names },
    });
    expect(code).toBe(201);
    await untilServed(contract.client, path);
    await contract.client.post(path.replace('gadgets', `namespaces/${contract.namespace}/gadgets`), {
      apiVersion: 'contract.example/v1',
      kind: 'Gadget',
      metadata: { name: 'g' },
      spec: { interval: '1m' },
    });
    await contract.client.delete(`${definitions}/gadgets.contract.example`);
    for (let attempt = 0; attempt < 200 && (await contract.client.get(path)).code !== 404; attempt += 1)
      await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await contract.client.get(path)).code).toBe(404);
    expect((await contract.client.get(`${definitions}/gadgets.contract.example`)).code).toBe(404);
  });

  test('a definition without a schema is refused', async () => {
    const spec = {
      ...widgetDefinition.spec,
      names: { plural: 'blanks', kind: 'Blank' },
      versions: [{ name: 'v1', served: true, storage: true }],
    };
    const { code, body } = await contract.client.post(definitions, {
      ...widgetDefinition,
      metadata: { name: 'blanks.contract.example' },
      spec,
    });
    expect(code).toBe(422);
    expect(body.message).toContain('spec.versions[0].schema.openAPIV3Schema: Required value');
  });

  test('a definition is called by its plural and group', async () => {
    const { code, body } = await contract.client.post(definitions, {
      ...widgetDefinition,
      metadata: { name: 'wrong.contract.example' },
    });
    expect(code).toBe(422);
    expect(body.message).toContain(
      'metadata.name: Invalid value: "wrong.contract.example": must be spec.names.plural+"."+spec.group',
    );
  });
}
