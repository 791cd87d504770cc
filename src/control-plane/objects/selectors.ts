import {
  errorMessage,
  type KubeObject,
  type LabelTest,
  parseLabelSelector as readLabelSelector,
  setTest,
} from '../../core/index.ts';
import { isObject, listAt, objectAt } from '../json/json.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { badRequest } from './api-status.ts';

export type Matcher = (object: KubeObject) => boolean;

/** `app=web,tier in (a, b),!canary`. Throws 400 where that is not the grammar. */
export function parseLabelSelector(text: string): Matcher {
  const test = readSelector(text);
  return ({ metadata }) => test(metadata.labels ?? {});
}

function readSelector(text: string): LabelTest {
  try {
    return readLabelSelector(text);
  } catch (error) {
    throw badRequest(errorMessage(error));
  }
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
