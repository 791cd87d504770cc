import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { customResourceDefinitions, parseResource, type ResourceByKind, servedKinds } from '../../src/api/index.ts';
import { buildResource } from '../api/build-resource.ts';
import { validationRows } from '../api/validation-rows.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { type KubeApiServer, startKubeApiServer, waitUntil } from '../real/index.ts';

interface Answer {
  readonly status: number;
  readonly body: {
    readonly message?: string;
    readonly details?: { readonly causes?: readonly { readonly field: string; readonly message: string }[] };
    readonly spec?: unknown;
    readonly status?: unknown;
  };
}

/** What the server adds where errors keep it from looking at rules over several fields; our own check looks at more of them. */
const notChecked = 'some validation rules were not checked';

describeWithParts(['kube-apiserver', 'etcd'], 'the definitions on a real API server', () => {
  let server: KubeApiServer;
  let agent: Agent;

  const call = async (method: 'GET' | 'POST', path: string, body?: object): Promise<Answer> => {
    const answer = await request(new URL(path, server.url), {
      method,
      dispatcher: agent,
      headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: answer.statusCode, body: (await answer.body.json()) as Answer['body'] };
  };

  const pathOf = (kind: keyof ResourceByKind) => {
    const served = servedKinds.find((candidate) => candidate.kind === kind);
    return `/apis/${served?.group}/${served?.version}/namespaces/default/${served?.plural}`;
  };

  const tryCreate = (kind: keyof ResourceByKind, object: object) =>
    call('POST', `${pathOf(kind)}?dryRun=All&fieldValidation=Strict`, object);

  beforeAll(async () => {
    server = await startKubeApiServer();
    agent = new Agent({ connect: { ca: server.caData } });
    for (const definition of customResourceDefinitions()) {
      const answer = await call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', definition);
      expect(answer.body.message ?? answer.status).toBe(201);
    }
    for (const { kind } of servedKinds)
      await waitUntil(`${kind} to be served`, async () => (await call('GET', pathOf(kind))).status === 200);
  });

  afterAll(async () => {
    await agent?.destroy();
    await server?.[Symbol.asyncDispose]();
  });

  test.for(validationRows)('$kind: $because', async ({ kind, spec, parts, problems }) => {
    const { status, body } = await tryCreate(kind, buildResource(kind, spec, parts));
    const causes = (body.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
    expect(causes.filter((cause) => !cause.includes(notChecked)).toSorted()).toEqual(problems.toSorted());
    expect(status).toBe(problems.length === 0 ? 201 : 422);
  });

  test.for(validationRows.filter(({ problems }) => problems.length === 0))(
    '$kind gets the same defaults there as from a file: $because',
    async ({ kind, spec, parts }) => {
      const object = buildResource(kind, spec, parts);
      const parsed = parseResource(kind, object);
      const { body } = await tryCreate(kind, object);
      expect({ spec: body.spec, status: body.status }).toEqual({ spec: parsed.spec, status: parsed.status });
    },
  );

  test('names the fields that a kind does not have', async () => {
    const misspelt = buildResource('GitRepository', { intervall: '1m', ref: { brunch: 'main' } }, { spce: {} });
    const { status, body } = await tryCreate('GitRepository', misspelt);
    expect(status).toBe(400);
    for (const field of ['spce', 'spec.intervall', 'spec.ref.brunch']) expect(body.message).toContain(`unknown field "${field}"`);
  });
});
