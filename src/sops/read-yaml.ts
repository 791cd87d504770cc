import {
  type Alias,
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  Parser,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { SopsError } from './error.ts';
import { resolveScalar } from './resolve-scalar.ts';
import { type Branch, branchOf, type Comment, type Entry, type TreeValue, textOf } from './tree.ts';
import { findComments, placeComments, type Slot } from './yaml-comments.ts';

const maxDepth = 200;
const maxNodes = 1_000_000;

/**
 * Every document of a YAML file as sops sees it: keys in order, anchors expanded, comments beside what they speak of. Throws
 * DOCUMENT_INVALID with line and column, never with a line's text.
 */
export function readYaml(text: string): Branch[] {
  const lines = new LineCounter();
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const composer = new Composer({ schema: 'failsafe', uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
  const documents = [...composer.compose(tokens, false, text.length)];
  const error = documents.flatMap((document) => document.errors).toSorted((a, b) => a.pos[0] - b.pos[0])[0];
  if (error !== undefined) throw invalidAt(lines, error.pos[0], error.message.replace(/"(?:[^"\\]|\\.)*"/g, '…'));
  const reader = new Reader(lines);
  const branches = documents.map((document) => reader.document(document));
  placeComments(findComments(tokens, text, lines), reader.slots);
  return branches;
}

/** A collection that is still being read: comments are put into it once all of its places are known. */
export type OpenItems = (Entry | Comment | TreeValue)[];

interface Standing {
  readonly start: Node;
  readonly value: Node | null;
  readonly items: OpenItems;
}

class Reader {
  readonly slots: Slot[] = [];
  readonly #lines: LineCounter;
  #nodes = maxNodes;
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  #expanding = 0;
  #parent: Slot | null = null;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  document(document: Document): Branch {
    this.#anchors.clear();
    const { contents } = document;
    if (contents === null || (isScalar(contents) && this.#scalar(contents) === null)) return branchOf([]);
    const value = this.#value(contents, 0);
    if (typeof value === 'object' && value?.kind === 'branch') return value;
    throw this.#invalid(contents, 'sops encrypts mappings only, and this document is none');
  }

  #value(node: Node, depth: number): TreeValue {
    this.#nodes -= 1;
    if (this.#nodes < 0) throw this.#invalid(node, 'too many values (after expansion of anchors)');
    if (depth > maxDepth) throw this.#invalid(node, `nested deeper than ${maxDepth} levels`);
    if (isAlias(node)) return this.#alias(node, depth);
    if ('anchor' in node && typeof node.anchor === 'string') this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return this.#scalar(node);
    if (this.#open.has(node)) throw this.#invalid(node, 'an anchor contains itself');
    this.#open.add(node);
    const value = isMap(node) ? this.#map(node, depth) : isSeq(node) ? this.#list(node, depth) : null;
    this.#open.delete(node);
    return value;
  }

  #alias(alias: Alias, depth: number): TreeValue {
    const node = this.#anchors.get(alias.source);
    if (node === undefined) throw this.#invalid(alias, 'an anchor that it refers to is unknown');
    this.#expanding += 1;
    const value = this.#value(node, depth + 1);
    this.#expanding -= 1;
    return value;
  }

  #map(map: YAMLMap, depth: number): Branch {
    const entries: OpenItems = [];
    const keys = new Set<string>();
    for (const { key, value } of map.items as Pair<Node, Node | null>[]) {
      const name = this.#key(key);
      if (keys.has(name)) throw this.#invalid(key, 'Map keys must be unique');
      keys.add(name);
      const read = () => (value === null ? null : this.#value(value, depth + 1));
      entries.push({ kind: 'entry', key: name, value: this.#placed(map, { start: key, value, items: entries }, read) });
    }
    return { kind: 'branch', entries: entries as Entry[] };
  }

  #list(list: YAMLSeq, depth: number): TreeValue {
    const items: OpenItems = [];
    for (const item of list.items as Node[]) {
      items.push(this.#placed(list, { start: item, value: item, items }, () => this.#value(item, depth + 1)));
    }
    return { kind: 'list', items: items as TreeValue[] };
  }

  /** Notes where an entry stands while its value is read; what an alias repeats stands nowhere. */
  #placed(collection: YAMLMap | YAMLSeq, { start, value, items }: Standing, read: () => TreeValue): TreeValue {
    if (this.#expanding > 0 || collection.flow === true) return read();
    const parent = this.#parent;
    const offset = start.range?.[0] ?? 0;
    const { col: column } = this.#lines.linePos(collection.range?.[0] ?? 0);
    const slot = { offset, column, items, index: items.length, holdsCollection: isMap(value) || isSeq(value), parent };
    this.slots.push(slot);
    this.#parent = slot;
    const result = read();
    this.#parent = parent;
    return result;
  }

  #key(node: Node): string {
    const key = isAlias(node) ? this.#anchors.get(node.source) : node;
    const value = isScalar(key) ? this.#scalar(key) : null;
    if (typeof value === 'string') return value;
    throw this.#invalid(node, 'a key is not text, and sops knows text keys only; quote it');
  }

  #scalar(node: Scalar): TreeValue {
    // The library has a symbol of its own for what go-yaml tags as a merge.
    if (typeof node.value === 'symbol' || node.value === '<<') return '<<';
    const text = String(node.value ?? '');
    const tag = node.tag?.replace('tag:yaml.org,2002:', '!!');
    if (tag === '!!binary') return textOf(Buffer.from(text, 'base64'));
    if (tag === '!!float') return asFloat(resolveScalar(text));
    if (tag !== undefined && tag !== '!!str') return resolveScalar(text);
    return tag === '!!str' || node.type !== 'PLAIN' ? text : resolveScalar(text);
  }

  #invalid(node: Node, what: string): SopsError {
    return invalidAt(this.#lines, node.range?.[0] ?? 0, what);
  }
}

function asFloat(value: TreeValue): TreeValue {
  return typeof value === 'bigint' ? Number(value) : value;
}

function invalidAt(lines: LineCounter, offset: number, what: string): SopsError {
  const { line, col } = lines.linePos(offset);
  return new SopsError('DOCUMENT_INVALID', `not YAML that sops reads: line ${line}, column ${col}: ${what}`);
}
