import type { KubeObject } from '../../core/index.ts';
import { isEqual, isObject, listAt, objectAt, textAt } from '../json/json.ts';
import { lookUp } from '../kinds/built-in-definitions.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { validateDefinition } from '../kinds/validate-definition.ts';
import { isDeclared, memberSchema, type Schema } from '../schema/schema.ts';
import { type FieldProblem, invalidValue, requiredValue } from './api-status.ts';
import { matchLabels } from './selectors.ts';

/** What the server's code forbids of its own kinds, as far as it matters to those who apply manifests. */
export function validateBuiltIn(type: ResourceType, object: KubeObject, old: KubeObject | null): FieldProblem[] {
  if (type.custom) return [];
  return [
    ...findMissing({ ...lookUp(type.schema), required: [] }, withoutStatus(object), ''),
    ...validateSelector(type, object),
    ...validateData(type, object),
    ...validatePorts(type, object),
    ...validateEventNamespace(type, object),
    ...(type.storage === 'apiextensions.k8s.io/customresourcedefinitions' ? validateDefinition(object, old) : []),
    ...(old === null ? [] : validateImmutable(type, object, old)),
  ];
}

function withoutStatus({ status: _status, metadata: _metadata, ...rest }: KubeObject): object {
  return rest;
}

/** Fields that must be written. Those that count as there (Go structs) are looked into all the same. */
function findMissing(given: Schema, value: unknown, path: string): FieldProblem[] {
  const schema = lookUp(given);
  if (Array.isArray(value))
    return value.flatMap((item, index) =>
      schema.items === undefined ? [] : findMissing(schema.items, item, `${path}[${index}]`),
    );
  if (!isObject(value)) return [];
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  const missing = (schema.required ?? []).filter(
    (name) => (!Object.hasOwn(value, name) || (name === 'containers' && isEqual(value[name], []))) && isWanted(schema, name),
  );
  const inside = Object.entries(value).flatMap(([name, member]) => {
    const own = memberSchema(schema, name);
    return own === undefined ? [] : findMissing(own, member, isDeclared(schema, name) ? at(name) : `${at(name)}`);
  });
  return [...missing.map((name) => requiredValue(at(name))), ...inside];
}

function isWanted(schema: Schema, name: string): boolean {
  const member = memberSchema(schema, name);
  return member !== undefined && !(member['x-always-present'] === true && member.$ref !== undefined) && !optionalInFact.has(name);
}

/** Their Go fields lack `omitempty`, yet nobody has to write them. */
const optionalInFact = new Set([
  'lastTransitionTime',
  'currentHealthy',
  'desiredHealthy',
  'disruptionsAllowed',
  'expectedPods',
  'rules',
  'resources',
  'metadata',
  'reason',
]);

const selecting = new Set(['apps/deployments', 'apps/replicasets', 'apps/statefulsets', 'apps/daemonsets']);

function validateSelector(type: ResourceType, object: KubeObject): FieldProblem[] {
  if (!selecting.has(type.storage) || objectAt(object, 'spec')['selector'] === undefined) return [];
  const selector = objectAt(object, 'spec', 'selector');
  const labels = objectAt(object, 'spec', 'template', 'metadata', 'labels') as Record<string, string>;
  const isEmpty =
    Object.keys(objectAt(selector, 'matchLabels')).length === 0 && listAt(selector, 'matchExpressions').length === 0;
  if (isEmpty) return [invalidValue('spec.selector', selector, `empty selector is invalid for ${type.kind.toLowerCase()}`)];
  if (matchLabels(selector)(labels)) return [];
  return [invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')];
}

function validatePorts({ storage }: ResourceType, object: KubeObject): FieldProblem[] {
  const ports = storage === '/services' ? listAt(object, 'spec', 'ports') : [];
  if (ports.length < 2) return [];
  return ports.flatMap((port, index) => (textAt(port, 'name') === '' ? [requiredValue(`spec.ports[${index}].name`)] : []));
}

/** An event lives beside what it is about; what has no namespace has its events in `default`. */
function validateEventNamespace({ storage }: ResourceType, object: KubeObject): FieldProblem[] {
  if (storage !== '/events') return [];
  const about = textAt(object, 'involvedObject', 'namespace') || textAt(object, 'regarding', 'namespace');
  const { namespace = '' } = object.metadata;
  if (about === namespace || (about === '' && (namespace === 'default' || namespace === 'kube-system'))) return [];
  return [invalidValue('involvedObject.namespace', about, 'does not match event.namespace')];
}

const dataKey = /^[-._a-zA-Z0-9]+$/;
const keyRule =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const dataLimit = 1024 * 1024;

function validateData({ storage }: ResourceType, object: KubeObject): FieldProblem[] {
  if (storage !== '/configmaps' && storage !== '/secrets') return [];
  const entries = [...Object.entries(objectAt(object, 'data')), ...Object.entries(objectAt(object, 'binaryData'))];
  const keys = entries.flatMap(([key]) =>
    dataKey.test(key) && key !== '.' && !key.startsWith('..') ? [] : [invalidValue(`data[${key}]`, key, keyRule)],
  );
  const size = entries.reduce((sum, [, value]) => sum + String(value).length, 0);
  if (size <= dataLimit) return keys;
  const field = storage === '/secrets' ? 'data' : '';
  return [...keys, { field, reason: 'FieldValueTooLong', detail: `Too long: may not be more than ${dataLimit} bytes` }];
}

const fixedFields: Readonly<Record<string, readonly string[]>> = {
  'apps/deployments': ['spec.selector'],
  'apps/replicasets': ['spec.selector'],
  'apps/daemonsets': ['spec.selector'],
  'batch/jobs': ['spec.template', 'spec.selector', 'spec.completionMode'],
  '/secrets': ['type'],
  'storage.k8s.io/storageclasses': ['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode'],
  'networking.k8s.io/ingressclasses': ['spec.controller'],
  'rbac.authorization.k8s.io/rolebindings': ['roleRef'],
  'rbac.authorization.k8s.io/clusterrolebindings': ['roleRef'],
  'scheduling.k8s.io/priorityclasses': ['value'],
};

function validateImmutable(type: ResourceType, object: KubeObject, old: KubeObject): FieldProblem[] {
  const fixed = (fixedFields[type.storage] ?? []).flatMap((field) => compareFixed(type, field, object, old));
  return [...fixed, ...validateSealed(type, object, old), ...validateKindSpecific(type, object, old)];
}

function compareFixed({ group }: ResourceType, field: string, object: KubeObject, old: KubeObject): FieldProblem[] {
  const path = field.split('.');
  const value = objectAt(object, ...path.slice(0, -1))[path.at(-1) ?? ''];
  if (isEqual(value, objectAt(old, ...path.slice(0, -1))[path.at(-1) ?? ''])) return [];
  return [invalidValue(field, value, group === 'rbac.authorization.k8s.io' ? 'cannot change roleRef' : 'field is immutable')];
}

/** `immutable: true` of ConfigMaps and Secrets. */
function validateSealed({ storage }: ResourceType, object: KubeObject, old: KubeObject): FieldProblem[] {
  if ((storage !== '/configmaps' && storage !== '/secrets') || old['immutable'] !== true) return [];
  const fields = ['data', 'binaryData', 'immutable'].filter((field) => !isEqual(object[field], old[field]));
  return fields.map((field) => ({
    field,
    reason: 'FieldValueForbidden',
    detail: 'Forbidden: field is immutable when `immutable` is set',
  }));
}

const changeableOfStatefulSet = [
  'minReadySeconds',
  'ordinals',
  'persistentVolumeClaimRetentionPolicy',
  'replicas',
  'revisionHistoryLimit',
  'template',
  'updateStrategy',
];

function validateKindSpecific({ storage }: ResourceType, object: KubeObject, old: KubeObject): FieldProblem[] {
  const [spec, oldSpec] = [objectAt(object, 'spec'), objectAt(old, 'spec')];
  if (storage === '/services') return validateClusterIp(spec, oldSpec);
  if (
    storage === 'apps/statefulsets' &&
    !isEqual(without(spec, changeableOfStatefulSet), without(oldSpec, changeableOfStatefulSet))
  ) {
    const named = `'${changeableOfStatefulSet.join("', '").replace(/, '([^']+)$/, " and '$1")}'`;
    return [
      {
        field: 'spec',
        reason: 'FieldValueForbidden',
        detail: `Forbidden: updates to statefulset spec for fields other than ${named} are forbidden`,
      },
    ];
  }
  if (
    storage === '/persistentvolumeclaims' &&
    !isEqual(
      without(spec, ['resources', 'volumeName', 'volumeAttributesClassName']),
      without(oldSpec, ['resources', 'volumeName', 'volumeAttributesClassName']),
    )
  )
    return [
      {
        field: 'spec',
        reason: 'FieldValueForbidden',
        detail:
          'Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
      },
    ];
  return [];
}

function validateClusterIp(spec: Record<string, unknown>, oldSpec: Record<string, unknown>): FieldProblem[] {
  const [ip, oldIp] = [textAt(spec, 'clusterIP'), textAt(oldSpec, 'clusterIP')];
  if (oldIp === '' || ip === oldIp || spec['type'] === 'ExternalName') return [];
  return [
    {
      field: 'spec.clusterIPs[0]',
      reason: 'FieldValueInvalid',
      detail: `Invalid value: ${JSON.stringify([ip])}: may not change once set`,
    },
  ];
}

function without(value: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));
}
