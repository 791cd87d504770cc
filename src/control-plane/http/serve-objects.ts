import type { KubeObject } from '../../core/index.ts';
import { isObject } from '../json/json.ts';
import { badRequest, methodNotAllowed } from '../objects/api-status.ts';
import type { ObjectApi } from '../objects/object-api.ts';
import type { DeleteOptions, WriteOptions } from '../objects/write-options.ts';
import { type Answer, type ApiRequest, ok } from './answer.ts';
import { createMatcher, listObjects } from './list-objects.ts';
import { negotiateShape } from './negotiate.ts';
import { patchObject } from './patch-object.ts';
import { type Presentation, presentList, presentObject } from './present.ts';
import { mediaTypeOf, parseObject, readBody } from './read-body.ts';
import type { Target } from './request-path.ts';
import { readScale, writeScale } from './scale.ts';
import { watchObjects } from './watch-objects.ts';

/** Answers a request for objects. */
export async function serveObjects(api: ObjectApi, target: Target, request: ApiRequest, stopping: AbortSignal): Promise<Answer> {
  const { type, name, subresource } = target;
  const presentation: Presentation = {
    type,
    shape: subresource === 'scale' ? 'object' : negotiateShape(request.incoming.headers.accept),
    now: api.clock.now(),
    includeObject: request.query.get('includeObject') ?? 'Metadata',
  };
  if (name === '') return serveCollection(api, target, request, presentation, stopping);
  switch (request.method) {
    case 'GET':
      if (request.query.get('watch') === 'true' || request.query.get('watch') === '1')
        return watchOne(api, target, request, presentation, stopping);
      return ok(subresource === 'scale' ? readScale(type, api.get(target)) : presentObject(api.get(target), presentation));
    case 'PUT':
      return putObject(api, target, request, presentation);
    case 'PATCH':
      return patchObject(api, target, request, presentation, writeOptions(target, request));
    case 'DELETE':
      if (subresource !== '') throw methodNotAllowed();
      return deleteOne(api, target, request);
    default:
      throw methodNotAllowed();
  }
}

async function serveCollection(
  api: ObjectApi,
  { type, namespace }: Target,
  request: ApiRequest,
  presentation: Presentation,
  stopping: AbortSignal,
): Promise<Answer> {
  const { query, method } = request;
  switch (method) {
    case 'GET': {
      if (query.get('watch') === 'true' || query.get('watch') === '1')
        return watch(api, namespace, query, presentation, stopping);
      const { items, metadata } = listObjects(api, type, namespace, query);
      return ok(presentList(items, metadata, presentation));
    }
    case 'POST': {
      const body = parseObject(mediaTypeOf(request.incoming), await readBody(request.incoming));
      const created = api.create(type, namespace, body, writeOptions({ subresource: '' }, request));
      return { code: 201, body: presentObject(created, presentation) };
    }
    case 'DELETE':
      return deleteCollection(api, { type, namespace }, request, presentation);
    default:
      throw methodNotAllowed();
  }
}

function watch(
  api: ObjectApi,
  namespace: string,
  query: URLSearchParams,
  presentation: Presentation,
  stopping: AbortSignal,
): Answer {
  createMatcher(presentation.type, query); // refuses before the stream begins
  return { code: 200, stream: (response) => watchObjects({ api, presentation, namespace, query }, response, stopping) };
}

/** `GET …/name?watch=1` is a watch of the collection with a field selector. */
function watchOne(
  api: ObjectApi,
  { namespace, name }: Target,
  request: ApiRequest,
  presentation: Presentation,
  stopping: AbortSignal,
): Answer {
  const query = new URLSearchParams(request.query);
  query.set('fieldSelector', `metadata.name=${name}`);
  return watch(api, namespace, query, presentation, stopping);
}

async function putObject(api: ObjectApi, target: Target, request: ApiRequest, presentation: Presentation): Promise<Answer> {
  const body = parseObject(mediaTypeOf(request.incoming), await readBody(request.incoming));
  const options = writeOptions(target, request);
  if (target.subresource !== 'scale')
    return ok(
      presentObject(
        api.update(target, () => body, options),
        presentation,
      ),
    );
  return ok(
    readScale(
      target.type,
      api.update(target, (current) => writeScale(target.type, current, body), options),
    ),
  );
}

async function deleteOne(api: ObjectApi, target: Target, request: ApiRequest): Promise<Answer> {
  const { object, removed } = api.delete(target, await deleteOptions(request));
  if (!removed) return ok(object);
  const { name, uid } = object.metadata;
  const { group, plural } = target.type;
  return ok({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(group && { group }), kind: plural, uid },
  });
}

async function deleteCollection(
  api: ObjectApi,
  { type, namespace }: Pick<Target, 'type' | 'namespace'>,
  request: ApiRequest,
  presentation: Presentation,
): Promise<Answer> {
  const options = await deleteOptions(request);
  const { items, metadata } = listObjects(api, type, namespace, request.query);
  const deleted: KubeObject[] = [];
  for (const { metadata: own } of items) {
    const place = { type, namespace: own.namespace ?? '', name: own.name };
    if (api.find(place) !== null) deleted.push(api.delete(place, options).object);
  }
  return ok(presentList(deleted, metadata, presentation));
}

/** The manager is what the client calls itself, up to the first slash, unless it says otherwise. */
function writeOptions({ subresource }: Pick<Target, 'subresource'>, { query, incoming, warnings }: ApiRequest): WriteOptions {
  const fieldValidation = query.get('fieldValidation') || 'Warn';
  if (fieldValidation !== 'Strict' && fieldValidation !== 'Warn' && fieldValidation !== 'Ignore')
    throw badRequest(
      `fieldValidation: Unsupported value: ${JSON.stringify(fieldValidation)}: supported values: "Ignore", "Warn", "Strict"`,
    );
  const own = subresource === 'status' || subresource === 'scale' || subresource === 'finalize' ? ({ subresource } as const) : {};
  return {
    manager: managerOf(query.get('fieldManager'), incoming.headers['user-agent']),
    dryRun: isDryRun(query.getAll('dryRun')),
    fieldValidation,
    warn: (message) => warnings.push(message),
    ...own,
  };
}

function managerOf(given: string | null, userAgent = ''): string {
  if (given !== null && given !== '') {
    if (given.length > 128) throw badRequest(`fieldManager: Too long: may not be more than 128 bytes`);
    return given;
  }
  const [name = ''] = userAgent.split('/');
  return name.replaceAll(/[^\x20-\x7e]/g, '').slice(0, 128) || 'unknown';
}

function isDryRun(values: readonly unknown[]): boolean {
  if (values.some((value) => value !== 'All'))
    throw badRequest(`dryRun: Unsupported value: ${JSON.stringify(values)}: supported values: "All"`);
  return values.length > 0;
}

/** From the body, or else from the query. */
async function deleteOptions({ incoming, query }: ApiRequest): Promise<DeleteOptions> {
  const bytes = await readBody(incoming);
  const body = bytes.length === 0 ? {} : parseObject(mediaTypeOf(incoming), bytes);
  if (!isObject(body)) throw badRequest('DeleteOptions in version "v1" cannot be handled: not an object');
  const policy =
    body['propagationPolicy'] ?? query.get('propagationPolicy') ?? (body['orphanDependents'] === true ? 'Orphan' : undefined);
  if (policy !== undefined && policy !== 'Background' && policy !== 'Foreground' && policy !== 'Orphan')
    throw badRequest(
      `propagationPolicy: Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan"`,
    );
  const dryRun = isDryRun(Array.isArray(body['dryRun']) ? body['dryRun'] : query.getAll('dryRun'));
  const preconditions = isObject(body['preconditions']) ? { preconditions: body['preconditions'] } : {};
  return { ...(policy !== undefined && { propagation: policy }), dryRun, ...preconditions };
}
