import type { KubeObject } from '../../core/index.ts';
import { listAt, objectAt, textAt } from '../json/json.ts';
import { type FieldProblem, invalidValue, requiredValue } from '../objects/api-status.ts';

const dnsLabel = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

/** What is wrong with a CustomResourceDefinition; without this, a broken one would be served. */
export function validateDefinition(definition: KubeObject, old: KubeObject | null): FieldProblem[] {
  const spec = objectAt(definition, 'spec');
  const [plural, group] = [textAt(spec, 'names', 'plural'), textAt(spec, 'group')];
  const problems: FieldProblem[] = [];
  if (group === '') problems.push(requiredValue('spec.group'));
  if (plural === '') problems.push(requiredValue('spec.names.plural'));
  else if (!dnsLabel.test(plural))
    problems.push(
      invalidValue(
        'spec.names.plural',
        plural,
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
      ),
    );
  if (textAt(spec, 'names', 'kind') === '') problems.push(requiredValue('spec.names.kind'));
  if (definition.metadata.name !== `${plural}.${group}`)
    problems.push(invalidValue('metadata.name', definition.metadata.name, 'must be spec.names.plural+"."+spec.group'));
  if (!['Namespaced', 'Cluster'].includes(textAt(spec, 'scope')))
    problems.push({
      field: 'spec.scope',
      reason: 'FieldValueNotSupported',
      detail: `Unsupported value: ${JSON.stringify(textAt(spec, 'scope'))}: supported values: "Cluster", "Namespaced"`,
    });
  return [
    ...problems,
    ...validateVersions(listAt(spec, 'versions')),
    ...(old === null ? [] : validateChange(spec, objectAt(old, 'spec'))),
  ];
}

function validateVersions(versions: readonly unknown[]): FieldProblem[] {
  const stored = versions.filter((version) => objectAt(version)['storage'] === true);
  const problems = versions.flatMap((version, index) => validateVersion(version, `spec.versions[${index}]`));
  if (stored.length !== 1)
    problems.push(
      invalidValue(
        'spec.versions',
        versions.map((version) => textAt(version, 'name')),
        'must have exactly one version marked as storage version',
      ),
    );
  return problems;
}

function validateVersion(version: unknown, path: string): FieldProblem[] {
  const schema = objectAt(version, 'schema', 'openAPIV3Schema');
  const problems: FieldProblem[] = [];
  if (!dnsLabel.test(textAt(version, 'name')))
    problems.push(invalidValue(`${path}.name`, textAt(version, 'name'), 'a DNS-1035 label is expected'));
  if (Object.keys(schema).length === 0) problems.push(requiredValue(`${path}.schema.openAPIV3Schema`));
  else if (schema['type'] !== 'object')
    problems.push(invalidValue(`${path}.schema.openAPIV3Schema.type`, schema['type'] ?? '', 'must be object'));
  return problems;
}

function validateChange(spec: Record<string, unknown>, old: Record<string, unknown>): FieldProblem[] {
  const fixed = ['group', 'scope']
    .filter((field) => spec[field] !== old[field])
    .map((field) => invalidValue(`spec.${field}`, spec[field], 'field is immutable'));
  const names = ['plural', 'kind'].filter((field) => objectAt(spec, 'names')[field] !== objectAt(old, 'names')[field]);
  return [
    ...fixed,
    ...names.map((field) => invalidValue(`spec.names.${field}`, objectAt(spec, 'names')[field], 'field is immutable')),
  ];
}
