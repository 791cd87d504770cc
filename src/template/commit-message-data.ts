import type { NamespacedName, ObjectIdentity } from '../core/index.ts';
import { compareBytes } from '../select/index.ts';
import { GoMap, List, type MapType, type Method, Struct, textMap } from './value.ts';

/** One value that a commit writes. */
export interface CommitChange {
  /** Relative to the automation's `spec.update.path`. */
  readonly file: string;
  /** Empty fields where the value is in no Kubernetes object. */
  readonly object: ObjectIdentity;
  readonly before: string;
  readonly after: string;
  /** The marker's text: `namespace:policy`, with `:tag`, `:name` or `:digest` behind it. */
  readonly setter: string;
}

export interface CommitFacts {
  readonly automation: NamespacedName;
  /** `spec.git.commit.messageTemplateValues`. */
  readonly values: Readonly<Record<string, string>>;
  readonly changes: readonly CommitChange[];
}

const objectChangesType: MapType = {
  name: 'update.ObjectChanges',
  key: 'update.ObjectIdentifier',
  elem: '[]update.Change',
  zero: new List([], 'update.Change'),
};

const fileChangesType: MapType = {
  name: 'map[string]update.ObjectChanges',
  key: 'string',
  elem: 'update.ObjectChanges',
  zero: new GoMap([], objectChangesType),
};

/**
 * What a commit message's template is applied to: Flux's `.AutomationObject`, `.Changed` and `.Values`. Unlike there, changes have
 * one order, by file and object, and `.Changed.Objects` keeps the changes of every file that names an object.
 */
export function commitMessageData({ automation, values, changes }: CommitFacts): Struct {
  return new Struct('source.TemplateData', [
    { name: 'AutomationObject', value: namespacedName(automation) },
    { name: 'Changed', value: changed(changes) },
    { name: 'Values', value: new GoMap(Object.entries(values), textMap) },
  ]);
}

function namespacedName({ namespace, name }: NamespacedName): Struct {
  const print: Method = { params: [], call: () => `${namespace}/${name}` };
  const fields = [
    { name: 'Namespace', value: namespace },
    { name: 'Name', value: name },
  ];
  return new Struct('types.NamespacedName', fields, [['String', print]]);
}

function changed(changes: readonly CommitChange[]): Struct {
  // Equal values are no change.
  const real = changes.filter(({ before, after }) => before !== after).toSorted(compareChanges);
  const files = Map.groupBy(real, ({ file }) => file);
  const fileChanges = [...files].map(([file, inFile]) => [file, objectChanges(inFile)] as const);
  const methods: [string, Method][] = [
    ['Changes', { params: [], call: () => new List(distinct(real).map(changeOf), 'update.Change') }],
    ['Objects', { params: [], call: () => objectChanges(real) }],
  ];
  const value = new GoMap(fileChanges, fileChangesType);
  return new Struct('update.Result', [{ name: 'FileChanges', value }], methods);
}

function compareChanges(a: CommitChange, b: CommitChange): number {
  const [left, right] = [a, b].map(({ file, object }) => [file, object.apiVersion, object.kind, object.name, object.namespace]);
  const at = left?.findIndex((part, index) => part !== right?.[index]) ?? -1;
  return at < 0 ? 0 : compareBytes(left?.[at] ?? '', right?.[at] ?? '');
}

function objectChanges(changes: readonly CommitChange[]): GoMap {
  const map = new GoMap([], objectChangesType);
  for (const [, group] of Map.groupBy(changes, ({ object }) => JSON.stringify(identityOf(object)))) {
    const [first] = group;
    if (first !== undefined) map.set(objectIdentifier(first.object), new List(group.map(changeOf), 'update.Change'));
  }
  return map;
}

function identityOf({ apiVersion, kind, name, namespace }: ObjectIdentity): string[] {
  return [apiVersion, kind, name, namespace];
}

/** Nested as kyaml nests it, which shows where the whole identifier is printed. */
function objectIdentifier({ apiVersion, kind, name, namespace }: ObjectIdentity): Struct {
  const typeMeta = new Struct('yaml.TypeMeta', [
    { name: 'APIVersion', value: apiVersion },
    { name: 'Kind', value: kind },
  ]);
  const nameMeta = new Struct('yaml.NameMeta', [
    { name: 'Name', value: name },
    { name: 'Namespace', value: namespace },
  ]);
  const identifier = new Struct('yaml.ResourceIdentifier', [
    { name: 'TypeMeta', value: typeMeta, embedded: true },
    { name: 'NameMeta', value: nameMeta, embedded: true },
  ]);
  return new Struct('update.ObjectIdentifier', [{ name: 'ResourceIdentifier', value: identifier, embedded: true }]);
}

function changeOf({ before, after, setter }: CommitChange): Struct {
  return new Struct('update.Change', [
    { name: 'OldValue', value: before },
    { name: 'NewValue', value: after },
    { name: 'Setter', value: setter },
  ]);
}

function distinct(changes: readonly CommitChange[]): CommitChange[] {
  const byText = new Map(
    changes.toReversed().map((change) => [JSON.stringify([change.before, change.after, change.setter]), change]),
  );
  return changes.filter((change) => byText.get(JSON.stringify([change.before, change.after, change.setter])) === change);
}
