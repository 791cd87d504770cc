import { copyJson, isEqual, isObject, type JsonObject, setMember } from '../json/json.ts';
import { ApiStatus, badRequest } from '../objects/api-status.ts';

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

/** RFC 6902. Throws 422 where the document does not fit the operations, 400 where they are no patch. */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: a JSON patch is a list of operations');
  if (patch.length > 10_000)
    throw new ApiStatus(
      413,
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is 10000, got ${patch.length}`,
    );
  let result = copyJson(document);
  for (const item of patch) result = applyOperation(result, parseOperation(item));
  return result;
}

function parseOperation(item: unknown): Operation {
  if (!isObject(item) || typeof item['op'] !== 'string' || typeof item['path'] !== 'string')
    throw badRequest('error decoding patch: each operation needs "op" and "path"');
  return item as unknown as Operation;
}

function applyOperation(document: unknown, operation: Operation): unknown {
  const { op, path, from = '', value } = operation;
  switch (op) {
    case 'add':
      return add(document, path, requireValue(operation, value));
    case 'remove':
      return remove(document, path);
    case 'replace':
      read(document, path);
      return path === '' ? value : add(remove(document, path), path, requireValue(operation, value));
    case 'move': {
      const moved = read(document, from);
      return add(remove(document, from), path, moved);
    }
    case 'copy':
      return add(document, path, copyJson(read(document, from)));
    case 'test':
      if (!isEqual(readOptional(document, path), value ?? null)) throw unprocessable(`testing value ${path} failed`);
      return document;
    default:
      throw unprocessable(`Unexpected kind: ${op}`);
  }
}

function requireValue(operation: Operation, value: unknown): unknown {
  if (!Object.hasOwn(operation, 'value'))
    throw badRequest(`error decoding patch: ${operation.op} ${operation.path} has no value`);
  return value;
}

function parsePointer(pointer: string): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw unprocessable(`the path ${JSON.stringify(pointer)} does not start with a slash`);
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function readOptional(document: unknown, pointer: string): unknown {
  let value = document;
  for (const token of parsePointer(pointer)) value = child(value, token);
  return value ?? null;
}

function read(document: unknown, pointer: string): unknown {
  let value = document;
  for (const token of parsePointer(pointer)) {
    value = child(value, token);
    if (value === undefined) throw missing(pointer);
  }
  return value;
}

function child(value: unknown, token: string): unknown {
  if (Array.isArray(value)) return /^\d+$/.test(token) ? value[Number(token)] : undefined;
  return isObject(value) && Object.hasOwn(value, token) ? value[token] : undefined;
}

/** The container of the pointer's last token; it is changed in place, the document is already a copy. */
function containerOf(document: unknown, pointer: string): { container: unknown[] | JsonObject; token: string } {
  const tokens = parsePointer(pointer);
  const token = tokens.pop() ?? '';
  let container = document;
  for (const step of tokens) container = child(container, step);
  if (!Array.isArray(container) && !isObject(container)) throw missing(pointer);
  return { container, token };
}

function add(document: unknown, pointer: string, value: unknown): unknown {
  if (pointer === '') return value;
  const { container, token } = containerOf(document, pointer);
  if (!Array.isArray(container)) setMember(container, token, value);
  else container.splice(token === '-' ? container.length : indexIn(container.length, token, pointer), 0, value);
  return document;
}

function remove(document: unknown, pointer: string): unknown {
  const { container, token } = containerOf(document, pointer);
  if (Array.isArray(container)) container.splice(indexIn(container.length - 1, token, pointer), 1);
  else if (Object.hasOwn(container, token)) delete container[token];
  else throw unprocessable(`remove operation does not apply: doc is missing path: ${pointer}: missing value`);
  return document;
}

function indexIn(last: number, token: string, pointer: string): number {
  const index = /^(0|[1-9]\d*)$/.test(token) ? Number(token) : -1;
  if (index < 0 || index > last) throw unprocessable(`the list index in ${pointer} is out of bounds`);
  return index;
}

function missing(pointer: string): ApiStatus {
  return unprocessable(`doc is missing path: ${pointer}: missing value`);
}

function unprocessable(message: string): ApiStatus {
  return new ApiStatus(422, 'Invalid', `the server rejected our request due to an error in our request: ${message}`);
}
