import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import { errorMessage, type FileProblem } from '../core/index.ts';
import type { BuildLimits } from './build-limits.ts';
import { type PlainValue, resolvePlainScalar } from './resolve-plain-scalar.ts';

export interface YamlDocument {
  readonly value: unknown;
  /** Where its content starts, from 1. */
  readonly line: number;
  /** For a document whose `items` are objects of their own: where each starts. */
  readonly itemLines: readonly number[];
  /** Integers that a number here cannot carry exactly. */
  readonly unsafeIntegers: readonly { readonly line: number; readonly column: number; readonly text: string }[];
}

export type YamlFile = { readonly documents: readonly YamlDocument[] } | { readonly problems: readonly FileProblem[] };

/** What an unquoted scalar means. */
export type ResolveScalar = (text: string) => PlainValue;

/** Reads every document of a file as kustomize reads it. Problems carry line and column but never a line's text: it may be a secret. */
export function readYaml(
  bytes: Buffer,
  file: string,
  limits: BuildLimits,
  resolve: ResolveScalar = resolvePlainScalar,
): YamlFile {
  const lines = new LineCounter();
  try {
    const text = decodeText(bytes);
    // The library's own search for equal keys is quadratic: the reader below has one that is not.
    const quiet = { uniqueKeys: false, prettyErrors: false, logLevel: 'silent' } as const;
    const parsed = parseAllDocuments(text, { ...quiet, schema: 'failsafe', lineCounter: lines });
    if (!Array.isArray(parsed)) return { documents: [] };
    const problems = parsed.flatMap((document: Document) =>
      // What follows the first error of a document is mostly its consequence.
      document.errors
        .toSorted((a, b) => a.pos[0] - b.pos[0])
        .slice(0, 1)
        .map((error) => at(file, lines, error.pos[0], error.message)),
    );
    if (problems.length > 0) return { problems };
    const budget = { nodes: limits.maxNodes };
    return {
      documents: parsed.map((document: Document) =>
        new Reader(lines, { maxDepth: limits.maxDepth, budget, resolve }).read(document),
      ),
    };
  } catch (error) {
    if (error instanceof MisreadError) return { problems: [at(file, lines, error.offset, error.message)] };
    // A parser that runs out of stack on hostile nesting ends here too.
    return { problems: [{ file, message: error instanceof RangeError ? 'nested too deeply' : errorMessage(error) }] };
  }
}

function decodeText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error('not UTF-8 text');
  }
}

function at(file: string, lines: LineCounter, offset: number, message: string): FileProblem {
  const { line, col } = lines.linePos(offset);
  return { file, line, column: col, message };
}

class MisreadError extends Error {
  readonly offset: number;
  constructor(node: { range?: readonly number[] | null | undefined } | null | undefined, message: string) {
    super(message);
    this.offset = node?.range?.[0] ?? 0;
  }
}

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

interface ReaderOptions {
  readonly maxDepth: number;
  readonly budget: { nodes: number };
  readonly resolve: ResolveScalar;
}

/** Turns nodes into JSON, with anchors expanded by value: nothing is shared, and the budget counts what is copied. */
class Reader {
  readonly #lines: LineCounter;
  readonly #maxDepth: number;
  readonly #budget: { nodes: number };
  readonly #resolveScalar: ResolveScalar;
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  readonly #unsafe: { line: number; column: number; text: string }[] = [];

  constructor(lines: LineCounter, { maxDepth, budget, resolve }: ReaderOptions) {
    this.#lines = lines;
    this.#maxDepth = maxDepth;
    this.#budget = budget;
    this.#resolveScalar = resolve;
  }

  read(document: Document): YamlDocument {
    const node = document.contents;
    const value = node === null ? null : this.#value(node, 0, 'object');
    return { value, line: this.#line(node), itemLines: this.#itemLines(node), unsafeIntegers: this.#unsafe };
  }

  #line(node: Node | null): number {
    return this.#lines.linePos(node?.range?.[0] ?? 0).line;
  }

  #itemLines(node: Node | null): number[] {
    const items = isMap(node) ? node.get('items', true) : undefined;
    return isSeq(items) ? items.items.map((item) => this.#line(item as Node | null)) : [];
  }

  #value(node: Node, depth: number, place: Place = 'inside'): Json {
    this.#budget.nodes -= 1;
    if (this.#budget.nodes < 0) throw new MisreadError(node, 'too many values (after expansion of anchors)');
    if (depth > this.#maxDepth) throw new MisreadError(node, `nested deeper than ${this.#maxDepth} levels`);
    if (isAlias(node)) return this.#value(this.#resolve(node), depth + 1, place);
    if ('anchor' in node && typeof node.anchor === 'string') this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return this.#scalar(node, place === 'annotation');
    if (this.#open.has(node)) throw new MisreadError(node, 'an anchor contains itself');
    this.#open.add(node);
    const value = isMap(node) ? this.#map(node, depth, place) : isSeq(node) ? this.#list(node.items, depth, place) : null;
    this.#open.delete(node);
    return value;
  }

  #list(items: readonly unknown[], depth: number, place: Place): Json[] {
    return items.map((item) => this.#value(item as Node, depth + 1, place === 'items' ? 'object' : 'inside'));
  }

  #map(map: YAMLMap, depth: number, place: Place): { [key: string]: Json } {
    const result: { [key: string]: Json } = {};
    const merged: Json[] = [];
    let merges = 0;
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      merges += isMergeKey(pair.key) ? 1 : 0;
      if (merges > 1) throw new MisreadError(pair.key, 'mapping key "<<" already defined');
      if (isMergeKey(pair.key) && pair.value !== null) merged.push(...this.#mergeSources(pair.value, depth));
      else this.#set(result, pair, depth, place);
    }
    // A key of the mapping itself wins over a merged one, and an earlier source over a later one.
    for (const source of merged)
      for (const [key, value] of Object.entries(source as object))
        if (!Object.hasOwn(result, key)) define(result, key, value as Json);
    return result;
  }

  #set(result: { [key: string]: Json }, { key, value }: Pair<Node, Node | null>, depth: number, place: Place): void {
    const name = this.#key(key, depth);
    if (Object.hasOwn(result, name)) throw new MisreadError(key, `mapping key "${name}" already defined`);
    define(result, name, value === null ? null : this.#value(value, depth + 1, placeBelow(place, name)));
  }

  #key(node: Node, depth: number): string {
    const value = this.#value(node, depth + 1);
    if (value === null || typeof value === 'object') throw new MisreadError(node, 'a mapping key that is not text');
    return String(value);
  }

  #mergeSources(node: Node, depth: number): Json[] {
    const value = this.#value(node, depth + 1);
    const sources = Array.isArray(value) ? value : [value];
    if (sources.some((source) => source === null || typeof source !== 'object' || Array.isArray(source)))
      throw new MisreadError(node, 'map merge requires map or sequence of maps as the value');
    return sources;
  }

  #resolve(alias: Alias): Node {
    const node = this.#anchors.get(alias.source);
    if (node === undefined) throw new MisreadError(alias, `unknown anchor '${alias.source}' referenced`);
    return node;
  }

  #scalar(node: Scalar, asText: boolean): Json {
    const text = String(node.value ?? '');
    const tag = node.tag?.replace('tag:yaml.org,2002:', '!!');
    if (tag === '!!binary') return Buffer.from(text, 'base64').toString('utf8');
    const isPlain = node.type === 'PLAIN' && tag === undefined;
    if (!isPlain && !(tag !== undefined && typedTags.has(tag))) return text;
    if (asText) return text === '' || text === '~' ? 'null' : text;
    return this.#plain(node, text);
  }

  #plain(node: Scalar, text: string): Json {
    const read = this.#resolveScalar(text);
    if (read.value === undefined) throw new MisreadError(node, `${text} has no place in JSON`);
    if ('unsafe' in read && read.unsafe === true) {
      const { line, col } = this.#lines.linePos(node.range?.[0] ?? 0);
      this.#unsafe.push({ line, column: col, text });
    }
    return read.value;
  }
}

/** kustomize reads the values of an object's own annotations as text, whatever they look like; so it matters where a scalar stands. */
type Place = 'object' | 'items' | 'metadata' | 'annotations' | 'annotation' | 'inside';

function placeBelow(place: Place, key: string): Place {
  if (place === 'object') return key === 'metadata' || key === 'items' ? key : 'inside';
  if (place === 'metadata') return key === 'annotations' ? key : 'inside';
  return place === 'annotations' ? 'annotation' : 'inside';
}

const typedTags: ReadonlySet<string> = new Set(['!!int', '!!float', '!!bool', '!!null', '!!timestamp']);

function isMergeKey(key: Node): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.value === '<<';
}

/** An assignment that cannot reach the prototype. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}
