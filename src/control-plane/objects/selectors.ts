import type { KubeObject } from '../../core/index.ts';
import { isObject, listAt, objectAt } from '../json/json.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { badRequest } from './api-status.ts';

export type Matcher = (object: KubeObject) => boolean;

type LabelTest = (labels: Readonly<Record<string, string>>) => boolean;

const requirementGrammar =
  /^\s*(?:(?<negated>!)\s*(?<absent>[^\s!=,()]+)|(?<key>[^\s!=,()]+)(?:\s*(?<operator>==|=|!=|>|<)\s*(?<value>[^\s!=,()<>]*)|\s+(?<set>in|notin)\s*\((?<values>[^()]*)\))?)\s*$/;
const keyGrammar = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const valueGrammar = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** `app=web,tier in (a, b),!canary`. Throws 400 where that is not the grammar. */
export function parseLabelSelector(text: string): Matcher {
  const tests = splitOutsideParentheses(text).map(parseRequirement);
  return (object) => tests.every((test) => test(object.metadata.labels ?? {}));
}

function parseRequirement(text: string): LabelTest {
  const groups = requirementGrammar.exec(text)?.groups;
  const key = groups?.['key'] ?? groups?.['absent'];
  if (groups === undefined || key === undefined || !keyGrammar.test(key)) throw unparsable(text);
  if (groups['absent'] !== undefined) return (labels) => !Object.hasOwn(labels, key);
  const { operator, value = '', set, values } = groups;
  if (set !== undefined)
    return setTest(
      key,
      set,
      (values ?? '').split(',').map((item) => item.trim()),
    );
  if (operator === undefined) return (labels) => Object.hasOwn(labels, key);
  if (!valueGrammar.test(value)) throw unparsable(text);
  return operatorTest(key, operator, value);
}

function setTest(key: string, set: string, values: readonly string[]): LabelTest {
  const wanted = new Set(values);
  if (set === 'in') return (labels) => Object.hasOwn(labels, key) && wanted.has(labels[key] ?? '');
  return (labels) => !Object.hasOwn(labels, key) || !wanted.has(labels[key] ?? '');
}

function operatorTest(key: string, operator: string, value: string): LabelTest {
  if (operator === '!=') return (labels) => !Object.hasOwn(labels, key) || labels[key] !== value;
  if (operator === '>') return (labels) => Object.hasOwn(labels, key) && Number(labels[key]) > Number(value);
  if (operator === '<') return (labels) => Object.hasOwn(labels, key) && Number(labels[key]) < Number(value);
  return (labels) => Object.hasOwn(labels, key) && labels[key] === value;
}

function splitOutsideParentheses(text: string): string[] {
  const parts = text.split(/,(?![^(]*\))/);
  return parts.filter((part) => part.trim() !== '');
}

function unparsable(text: string): Error {
  return badRequest(`unable to parse requirement: ${JSON.stringify(text)} is not a label selector requirement`);
}

/** A LabelSelector object (`matchLabels`, `matchExpressions`) as a matcher of labels. An empty one matches everything. */
export function matchLabels(selector: unknown): LabelTest {
  const labels = Object.entries(objectAt(selector, 'matchLabels'));
  const expressions = listAt(selector, 'matchExpressions').filter(isObject).map(expressionTest);
  return (candidate) =>
    labels.every(([key, value]) => Object.hasOwn(candidate, key) && candidate[key] === value) &&
    expressions.every((test) => test(candidate));
}

function expressionTest(expression: Readonly<Record<string, unknown>>): LabelTest {
  const key = String(expression['key']);
  const values = listAt(expression, 'values').map(String);
  switch (expression['operator']) {
    case 'In':
      return setTest(key, 'in', values);
    case 'NotIn':
      return setTest(key, 'notin', values);
    case 'DoesNotExist':
      return (labels) => !Object.hasOwn(labels, key);
    default:
      return (labels) => Object.hasOwn(labels, key);
  }
}

const selectableFields: Readonly<Record<string, readonly string[]>> = {
  '/pods': [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  '/events': [
    ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].flatMap((field) => [
      `involvedObject.${field}`,
      `regarding.${field}`,
    ]),
    'reason',
    'reportingComponent',
    'reportingController',
    'source',
    'type',
  ],
  '/secrets': ['type'],
  '/namespaces': ['status.phase'],
  '/services': ['spec.clusterIP', 'spec.type'],
  '/nodes': ['spec.unschedulable'],
  'apps/replicasets': ['status.replicas'],
  'batch/jobs': ['status.successful'],
};

/** `metadata.name=web,status.phase!=Running`. Throws 400 for a field that the kind cannot be selected by. */
export function parseFieldSelector(text: string, type: ResourceType): Matcher {
  const tests = text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => parseFieldTest(part, type));
  return (object) => tests.every((test) => test(object));
}

function parseFieldTest(text: string, type: ResourceType): Matcher {
  const parsed = /^\s*([^\s!=]+)\s*(==|=|!=)\s*(.*?)\s*$/.exec(text);
  if (parsed === null) throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`);
  const [, field = '', operator, value] = parsed;
  const selectable = [
    'metadata.name',
    ...(type.namespaced ? ['metadata.namespace'] : []),
    ...(selectableFields[type.storage] ?? []),
  ];
  if (!selectable.includes(field)) throw badRequest(`field label not supported: ${field}`);
  return (object) => (readField(object, type, field) === value) === (operator !== '!=');
}

function readField(object: KubeObject, type: ResourceType, field: string): string {
  const path = field.replace(/^regarding\./, 'involvedObject.').split('.');
  if (type.storage === '/events' && field === 'source') return readText(object, ['source', 'component']);
  if (field === 'status.successful') return String(objectAt(object, 'status')['succeeded'] ?? 0);
  return readText(object, path);
}

function readText(object: KubeObject, path: readonly string[]): string {
  const value = objectAt(object, ...path.slice(0, -1))[path.at(-1) ?? ''];
  return value === undefined || value === null ? '' : String(value);
}
