import type { KubeObject, ObjectMeta } from '../../core/index.ts';
import { isObject, objectAt } from '../json/json.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { type FieldProblem, invalidValue, requiredValue } from './api-status.ts';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const startsWithLetter = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const letterRule =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

/** What is wrong with an object's metadata. */
export function validateMetadata(type: ResourceType, object: KubeObject): FieldProblem[] {
  const { metadata } = object;
  return [
    ...validateName(type, metadata.name),
    ...validateLabels(metadata),
    ...validateAnnotations(metadata),
    ...(metadata.finalizers ?? []).flatMap((name) =>
      qualifiedName.test(name)
        ? []
        : [invalidValue('metadata.finalizers', name, 'name part must consist of alphanumeric characters')],
    ),
    ...(metadata.ownerReferences ?? []).flatMap(validateOwner),
  ];
}

function validateName({ storage, group }: ResourceType, name: string): FieldProblem[] {
  if (name === '') return [requiredValue('metadata.name', 'name or generateName is required')];
  if (group === 'rbac.authorization.k8s.io') return validatePathSegment(name);
  if (storage === '/namespaces') return checkName(name, label, labelRule, 63);
  if (storage === '/services') return checkName(name, startsWithLetter, letterRule, 63);
  return checkName(name, subdomain, subdomainRule, 253);
}

function checkName(name: string, grammar: RegExp, rule: string, maxLength: number): FieldProblem[] {
  if (name.length > maxLength) return [invalidValue('metadata.name', name, `must be no more than ${maxLength} bytes`)];
  return grammar.test(name) ? [] : [invalidValue('metadata.name', name, rule)];
}

function validatePathSegment(name: string): FieldProblem[] {
  if (name === '.' || name === '..') return [invalidValue('metadata.name', name, `may not be '${name}'`)];
  const found = ['/', '%'].find((character) => name.includes(character));
  return found === undefined ? [] : [invalidValue('metadata.name', name, `may not contain '${found}'`)];
}

const qualifiedName = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const nameRule =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const valueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

function validateLabels({ labels = {} }: ObjectMeta): FieldProblem[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...(qualifiedName.test(key) ? [] : [invalidValue('metadata.labels', key, nameRule)]),
    ...(value.length > 63
      ? [invalidValue('metadata.labels', value, 'must be no more than 63 bytes')]
      : labelValue.test(value)
        ? []
        : [invalidValue('metadata.labels', value, valueRule)]),
  ]);
}

const annotationLimit = 256 * 1024;

function validateAnnotations({ annotations = {} }: ObjectMeta): FieldProblem[] {
  const entries = Object.entries(annotations);
  const keys = entries.flatMap(([key]) =>
    qualifiedName.test(key.toLowerCase()) ? [] : [invalidValue('metadata.annotations', key, nameRule)],
  );
  const size = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (size <= annotationLimit) return keys;
  return [
    ...keys,
    {
      field: 'metadata.annotations',
      reason: 'FieldValueTooLong',
      detail: `Too long: may not be more than ${annotationLimit} bytes`,
    },
  ];
}

function validateOwner(owner: unknown, index: number): FieldProblem[] {
  const at = (field: string) => `metadata.ownerReferences[${index}].${field}`.replace(`[${index}]`, '');
  return ['apiVersion', 'kind', 'name', 'uid'].flatMap((field) => {
    const value = objectAt(owner)[field];
    return typeof value === 'string' && value !== ''
      ? []
      : [invalidValue(at(field), value ?? '', `${field === 'apiVersion' ? 'version' : field} must not be empty`)];
  });
}

/** Whether `value` is metadata that is well-typed enough to go on with. */
export function isMetadata(value: unknown): value is ObjectMeta {
  return isObject(value);
}
