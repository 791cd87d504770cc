import { compareBytes } from '../select/index.ts';

/**
 * A value as a Go template sees it. A JavaScript number is Go's float64; whole numbers carry their type. `null` is both nil and
 * the value that is missing.
 */
export type Value = null | boolean | string | number | Int | List | GoMap | Struct;

export type IntType = 'int' | 'int64' | 'int32' | 'uint8' | 'uint64';

export class Int {
  readonly value: bigint;
  readonly type: IntType;

  constructor(value: bigint | number, type: IntType = 'int') {
    const whole = BigInt(value);
    this.value = type === 'uint64' ? BigInt.asUintN(64, whole) : BigInt.asIntN(64, whole);
    this.type = type;
  }
}

/** A slice; `elem` is the Go type of its members. */
export class List {
  readonly items: readonly Value[];
  readonly elem: string;

  constructor(items: readonly Value[], elem = 'interface {}') {
    this.items = items;
    this.elem = elem;
  }
}

export interface MapType {
  readonly name: string;
  readonly key: string;
  readonly elem: string;
  /** What `index` gives for a key that is not there: Go's zero of the values' type. */
  readonly zero: Value;
}

export const anyMap: MapType = { name: 'map[string]interface {}', key: 'string', elem: 'interface {}', zero: null };
export const textMap: MapType = { name: 'map[string]string', key: 'string', elem: 'string', zero: '' };

/** A map; keys are texts, or structs of texts. The types are Go's names for the map itself, its keys and its values. */
export class GoMap {
  readonly entries = new Map<string, readonly [key: Value, value: Value]>();
  readonly type: MapType;

  constructor(entries: Iterable<readonly [Value, Value]> = [], type: MapType = anyMap) {
    this.type = type;
    for (const [key, value] of entries) this.set(key, value);
  }

  set(key: Value, value: Value): void {
    this.entries.set(keyText(key), [key, value]);
  }

  get(key: Value): Value | undefined {
    return this.entries.get(keyText(key))?.[1];
  }

  /** By key, the order in which Go prints and ranges. */
  sorted(): readonly (readonly [key: Value, value: Value])[] {
    return [...this.entries].toSorted(([a], [b]) => compareKeys(a, b)).map(([, entry]) => entry);
  }
}

/** Structs as keys are compared field by field. */
const separator = '\u0000';

function keyText(key: Value): string {
  if (key instanceof Struct) return key.fields.map(({ value }) => keyText(value)).join(separator);
  return typeof key === 'string' ? key : '';
}

function compareKeys(a: string, b: string): number {
  const left = a.split(separator);
  const right = b.split(separator);
  const at = left.findIndex((part, index) => part !== right[index]);
  return at < 0 ? 0 : compareBytes(left[at] ?? '', right[at] ?? '');
}

export interface Field {
  readonly name: string;
  readonly value: Value;
  /** Its fields count as the outer struct's own. */
  readonly embedded?: boolean;
}

export interface Method {
  /** Go types of the parameters; all texts or numbers. */
  readonly params: readonly ParameterType[];
  call(args: readonly Value[]): Value;
}

export class Struct {
  readonly type: string;
  readonly fields: readonly Field[];
  readonly methods: ReadonlyMap<string, Method>;

  constructor(type: string, fields: readonly Field[], methods: Iterable<readonly [string, Method]> = []) {
    this.type = type;
    this.fields = fields;
    this.methods = new Map(methods);
  }

  /** The field of that name, of this struct or of one embedded in it. */
  field(name: string): Value | undefined {
    const own = this.fields.find((field) => field.name === name);
    if (own !== undefined) return own.value;
    for (const { value, embedded } of this.fields) {
      const inner = embedded === true && value instanceof Struct ? value.field(name) : undefined;
      if (inner !== undefined) return inner;
    }
    return undefined;
  }

  /** How the struct prints itself, if it does: its method `String`. */
  print(): string | undefined {
    const printed = this.methods.get('String')?.call([]);
    return typeof printed === 'string' ? printed : undefined;
  }
}

export type ParameterType = 'any' | 'string' | 'int' | 'float64' | 'bool' | 'map' | 'time';

/** The type as Go's `%T` and its messages name it. */
export function typeName(value: Value): string {
  if (value === null) return '<nil>';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'float64';
  if (value instanceof List) return `[]${value.elem}`;
  return value instanceof GoMap ? value.type.name : value.type;
}

/** Go's kind: the type below any name. */
export function kindName(value: Value): string {
  if (value === null) return 'invalid';
  if (value instanceof List) return 'slice';
  if (value instanceof GoMap) return 'map';
  if (value instanceof Struct) return value.type.startsWith('*') ? 'ptr' : 'struct';
  return typeName(value);
}

/** What `if`, `and`, `or` and `not` go by: everything but the zero of its type; a struct always is. */
export function isTrue(value: Value): boolean {
  if (value instanceof Int) return value.value !== 0n;
  if (value instanceof List) return value.items.length > 0;
  if (value instanceof GoMap) return value.entries.size > 0;
  if (value instanceof Struct) return true;
  return Number.isNaN(value) || Boolean(value);
}

/** Bytes of the text in UTF-8: what Go calls its length. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text);
}
