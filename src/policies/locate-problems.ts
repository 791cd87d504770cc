import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type LineCounter, type Node, type Pair } from 'yaml';
import { describeProblem, describeUnknownField, type FieldProblem, type ValidationError } from '../api/index.ts';
import type { FileProblem } from '../core/index.ts';

/** Each problem of an object by itself, at the line and column of its field; of a field that is missing, at what should hold it. */
export function locateProblems(error: ValidationError, document: Document, lines: LineCounter): Omit<FileProblem, 'file'>[] {
  const at = (node: Node | null, text: string) => {
    const { line, col: column } = lines.linePos(node?.range?.[0] ?? document.contents?.range?.[0] ?? 0);
    return { line, column, message: `${error.subject} is invalid: ${text}` };
  };
  return [
    ...error.problems.map((problem) => at(valueAt(document, problem.path), describeProblem(problem))),
    ...error.unknownFields.map((path) => at(walk(document, path).key, describeUnknownField(path))),
  ];
}

/** A scalar itself; of anything larger its key, since that is where a reader looks for it. */
function valueAt(document: Document, path: FieldProblem['path']): Node | null {
  const { key, value } = walk(document, path);
  return isScalar(value) && value.source !== '' ? value : key;
}

interface Place {
  /** Of the last step that is there; null at the root. */
  readonly key: Node | null;
  /** Null where the path leads to nothing. */
  readonly value: Node | null;
}

function walk(document: Document, path: FieldProblem['path']): Place {
  let place: Place = { key: null, value: document.contents };
  for (const step of path) {
    const next = stepInto(document, place.value, step);
    if (next === null) return { ...place, value: null };
    place = next;
  }
  return place;
}

function stepInto(document: Document, node: Node | null, step: string | number): Place | null {
  const inside = isAlias(node) ? node.resolve(document) : node;
  if (isSeq(inside)) {
    const item = inside.items[Number(step)];
    return isNode(item) ? { key: item, value: item } : null;
  }
  const pair = isMap(inside) ? inside.items.find(({ key }) => isScalar(key) && String(key.value) === String(step)) : undefined;
  return pair === undefined ? null : placeOf(pair);
}

function placeOf({ key, value }: Pair): Place {
  return { key: isNode(key) ? key : null, value: isNode(value) ? value : null };
}
