import { isMap, isScalar, isSeq, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import type { ObjectIdentity } from '../core/index.ts';
import { itemLabels, keyStep } from './node-path.ts';
import { firstValue, scalarText } from './node-text.ts';

/** A scalar that is a mapping's value or a sequence's item, with the place it has in its object. */
export interface PlacedScalar {
  readonly scalar: Scalar;
  readonly document: number;
  readonly object: ObjectIdentity;
  readonly path: string;
  /** Keys and positions from the root of the document. */
  readonly steps: readonly (string | number)[];
  /** Whether the collection around it is in flow style, where a comma may stand before its comment. */
  readonly inFlow: boolean;
}

type Place = Omit<PlacedScalar, 'scalar'>;

const noObject: ObjectIdentity = { apiVersion: '', kind: '', namespace: '', name: '' };

/** Every value and item of a document, in the order of the text. Keys, aliases and all but the first of equal keys are left out. */
export function* walkScalars(root: unknown, document: number): Generator<PlacedScalar> {
  if (!isMap(root) && !isSeq(root)) return;
  yield* walkNode(root, { document, object: noObject, path: '', steps: [], inFlow: false });
}

function* walkNode(node: unknown, place: Place): Generator<PlacedScalar> {
  if (isScalar(node)) yield { ...place, scalar: node };
  else if (isMap(node)) yield* walkMap(node, enterObject(node, place));
  else if (isSeq(node)) yield* walkSequence(node, place, itemLabels(node));
}

function* walkMap(map: YAMLMap, place: Place): Generator<PlacedScalar> {
  const seen = new Set<string>();
  const isList = isListOfObjects(map, place);
  for (const { key, value } of map.items) {
    const name = scalarText(key) ?? '';
    if (seen.has(name)) continue;
    seen.add(name);
    const inner = { ...place, path: keyStep(place.path, name), steps: [...place.steps, name], inFlow: map.flow === true };
    if (isList && name === 'items' && isSeq(value)) yield* walkListItems(value, inner);
    else yield* walkNode(value, inner);
  }
}

function* walkSequence(sequence: YAMLSeq, place: Place, labels: readonly string[]): Generator<PlacedScalar> {
  for (const [index, item] of sequence.items.entries()) {
    const path = `${place.path}[${labels[index]}]`;
    yield* walkNode(item, { ...place, path, steps: [...place.steps, index], inFlow: sequence.flow === true });
  }
}

/** Items of a `kind: List` are objects of their own: their paths begin anew. */
function* walkListItems(items: YAMLSeq, place: Place): Generator<PlacedScalar> {
  for (const [index, item] of items.items.entries()) {
    const own = isMap(item) && objectOf(item) !== null;
    const path = own ? '' : `${place.path}[${index}]`;
    yield* walkNode(item, { ...place, path, steps: [...place.steps, index], inFlow: items.flow === true });
  }
}

/** Only at the root of a document or of a List's item is a mapping an object; a pod template inside is not. */
function enterObject(map: YAMLMap, place: Place): Place {
  return place.path === '' ? { ...place, object: objectOf(map) ?? place.object } : place;
}

function isListOfObjects(map: YAMLMap, place: Place): boolean {
  return place.path === '' && place.object.kind.endsWith('List') && isSeq(firstValue(map, 'items'));
}

function objectOf(map: YAMLMap): ObjectIdentity | null {
  const kind = scalarText(firstValue(map, 'kind'));
  if (!kind) return null;
  const metadata = firstValue(map, 'metadata');
  const named = (field: string) => (isMap(metadata) ? scalarText(firstValue(metadata, field)) : undefined) ?? '';
  return {
    apiVersion: scalarText(firstValue(map, 'apiVersion')) ?? '',
    kind,
    namespace: named('namespace'),
    name: named('name'),
  };
}
