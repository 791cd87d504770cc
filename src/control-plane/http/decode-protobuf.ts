import { formatTime } from '../../core/index.ts';
import { isObject, type JsonObject, setMember } from '../json/json.ts';
import fieldNumbers from '../kinds/protobuf-fields.json' with { type: 'json' };
import { badRequest } from '../objects/api-status.ts';

/** Message → field number → `name flags type`; see test/control-plane/generate-protobuf-fields.ts. */
const messages = fieldNumbers as unknown as Readonly<Record<string, Readonly<Record<string, string>>>>;

const magic = Buffer.from([0x6b, 0x38, 0x73, 0x00]); // "k8s" and a zero
const maxDepth = 60;

/** Reads a body of `application/vnd.kubernetes.protobuf` into the object that the same body in JSON would be. Throws 400 where it is none. */
export function decodeProtobuf(body: Buffer): unknown {
  if (!body.subarray(0, 4).equals(magic)) throw unreadable('it does not begin as such');
  const envelope = new Map(readFields(body.subarray(4)).map(({ number, value }) => [number, value]));
  const [typeMeta, raw] = [envelope.get(1), envelope.get(2) ?? Buffer.alloc(0)];
  if (!Buffer.isBuffer(typeMeta) || !Buffer.isBuffer(raw)) throw unreadable('it names no kind');
  const [apiVersion = '', kind = ''] = readFields(typeMeta).map(({ value }) => String(value));
  const definition = definitionOf(apiVersion, kind);
  if (definition === undefined) throw unreadable(`${apiVersion} ${kind} is not known`);
  return { apiVersion, kind, ...decodeMessage(definition, raw, 0) };
}

function unreadable(why: string): Error {
  return badRequest(`the object provided is unrecognized: couldn't decode the body as protobuf: ${why}`);
}

function definitionOf(apiVersion: string, kind: string): string | undefined {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
  const packageName = group.split('.')[0];
  const candidates = [
    `io.k8s.api.${packageName}.${version}.${kind}`,
    `io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.${version}.${kind}`,
    `io.k8s.apimachinery.pkg.apis.meta.v1.${kind}`,
  ];
  return candidates.find((name) => Object.hasOwn(messages, name));
}

interface WireField {
  readonly number: number;
  readonly value: bigint | number | Buffer;
}

function readFields(bytes: Buffer): WireField[] {
  const fields: WireField[] = [];
  let offset = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[offset];
      if (byte === undefined) throw unreadable('it ends too early');
      offset += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw unreadable('a number is too long');
  };
  const take = (length: number) => {
    if (length < 0 || offset + length > bytes.length) throw unreadable('it ends too early');
    offset += length;
    return bytes.subarray(offset - length, offset);
  };
  while (offset < bytes.length) {
    const tag = Number(varint());
    fields.push({ number: tag >>> 3, value: readValue(tag & 7, varint, take) });
  }
  return fields;
}

function readValue(wireType: number, varint: () => bigint, take: (length: number) => Buffer): WireField['value'] {
  switch (wireType) {
    case 0:
      return varint();
    case 1:
      return take(8).readDoubleLE();
    case 2:
      return take(Number(varint()));
    case 5:
      return take(4).readFloatLE();
    default:
      throw unreadable(`wire type ${wireType} is not known`);
  }
}

function decodeMessage(definition: string, bytes: Buffer, depth: number): JsonObject {
  if (depth > maxDepth) throw unreadable('it is nested too deeply');
  const known = messages[definition] ?? {};
  const result: JsonObject = {};
  for (const { number, value } of readFields(bytes)) {
    const [name = '', flags = '', type = ''] = (known[number] ?? '').split(' ');
    if (name !== '') putField(result, { name, flags, type }, value, depth);
  }
  return result;
}

interface Field {
  readonly name: string;
  readonly flags: string;
  readonly type: string;
}

function putField(result: JsonObject, { name, flags, type }: Field, value: WireField['value'], depth: number): void {
  if (flags.includes('%')) return putEntry(result, name, type, value, depth);
  const decoded = decodeValue(type, value, depth);
  if (flags.includes('~')) Object.assign(result, isObject(decoded) ? decoded : {});
  else if (flags.includes('*')) {
    const list = result[name];
    if (Array.isArray(list)) list.push(decoded);
    else result[name] = [decoded];
  } else if (flags.includes('?') || !isZero(decoded)) result[name] = decoded;
}

/** Go writes its zero values where a field is no pointer; in JSON they would be left out. */
function isZero(value: unknown): boolean {
  return (
    value === '' ||
    value === 0 ||
    value === false ||
    value === null ||
    value === undefined ||
    (isObject(value) && Object.keys(value).length === 0)
  );
}

function putEntry(result: JsonObject, name: string, type: string, value: WireField['value'], depth: number): void {
  if (!Buffer.isBuffer(value)) throw unreadable(`${name} is no map`);
  const entry = new Map(readFields(value).map((field) => [field.number, field.value]));
  const map = isObject(result[name]) ? result[name] : {};
  result[name] = map;
  setMember(map, String(entry.get(1) ?? ''), decodeValue(type, entry.get(2) ?? Buffer.alloc(0), depth));
}

function decodeValue(type: string, value: WireField['value'], depth: number): unknown {
  if (type === 'i') return Number(value);
  if (type === 'b') return value !== 0n;
  if (type === 'd') return value;
  if (!Buffer.isBuffer(value)) throw unreadable('a field has another type');
  if (type === 's') return value.toString('utf8');
  if (type === 'B') return value.toString('base64');
  return decodeWellKnown(type, value) ?? decodeMessage(type, value, depth + 1);
}

/** Types that JSON writes in a form of their own; undefined for all others. */
function decodeWellKnown(type: string, bytes: Buffer): unknown {
  switch (type.split('.').at(-1)) {
    case 'Time':
    case 'MicroTime':
      return decodeTime(type, bytes);
    case 'Quantity':
      return String(readFields(bytes)[0]?.value ?? '');
    case 'IntOrString':
      return decodeIntOrString(bytes);
    case 'FieldsV1':
    case 'RawExtension':
    case 'JSON':
      return decodeRaw(bytes);
    default:
      return undefined;
  }
}

function decodeTime(type: string, bytes: Buffer): unknown {
  const parts = new Map(readFields(bytes).map(({ number, value }) => [number, Number(value)]));
  const seconds = parts.get(1) ?? 0;
  if (seconds === 0 || seconds < -62_000_000_000) return null;
  if (type.endsWith('.Time')) return formatTime(seconds * 1000);
  const micros = String(Math.floor((parts.get(2) ?? 0) / 1000)).padStart(6, '0');
  return `${formatTime(seconds * 1000).slice(0, -1)}.${micros}Z`;
}

function decodeIntOrString(bytes: Buffer): unknown {
  const parts = new Map(readFields(bytes).map(({ number, value }) => [number, value]));
  return parts.get(1) === 1n ? String(parts.get(3) ?? '') : Number(parts.get(2) ?? 0);
}

function decodeRaw(bytes: Buffer): unknown {
  const raw = readFields(bytes)[0]?.value;
  try {
    return Buffer.isBuffer(raw) ? JSON.parse(raw.toString('utf8')) : null;
  } catch {
    throw unreadable('what is embedded is no JSON');
  }
}
