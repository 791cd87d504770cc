import type { KubeObject } from '../../core/index.ts';
import { listAt, objectAt, textAt } from '../json/json.ts';
import { anySchema, type Schema } from '../schema/schema.ts';
import { objectMetaSchema } from './built-in-definitions.ts';
import { allVerbs, type PrinterColumn, type ResourceType, type ScalePaths } from './resource-type.ts';

/** The resources that a CustomResourceDefinition asks for, one a served version. Its names must have been accepted. */
export function createCustomKinds(definition: KubeObject): ResourceType[] {
  const versions = listAt(definition, 'spec', 'versions');
  return versions
    .filter((version) => objectAt(version)['served'] === true)
    .map((version) => createCustomKind(definition, objectAt(version)));
}

function createCustomKind(definition: KubeObject, version: Record<string, unknown>): ResourceType {
  const names = objectAt(definition, 'spec', 'names');
  const group = textAt(definition, 'spec', 'group');
  const scale = objectAt(version, 'subresources')['scale'];
  return {
    group,
    version: textAt(version, 'name'),
    plural: textAt(names, 'plural'),
    singular: textAt(names, 'singular'),
    kind: textAt(names, 'kind'),
    listKind: textAt(names, 'listKind'),
    shortNames: listAt(names, 'shortNames').map(String),
    categories: listAt(names, 'categories').map(String),
    namespaced: textAt(definition, 'spec', 'scope') === 'Namespaced',
    verbs: allVerbs,
    hasStatus: Object.hasOwn(objectAt(version, 'subresources'), 'status'),
    hasFinalize: false,
    scale: scale === undefined ? null : (scale as ScalePaths),
    schema: completeSchema(objectAt(version, 'schema')['openAPIV3Schema'] as Schema | undefined),
    columns: [nameColumn, ...columnsOf(version)],
    custom: true,
    storage: `${group}/${textAt(names, 'plural')}`,
    storageVersion: storageVersionOf(definition),
  };
}

export function storageVersionOf(definition: KubeObject): string {
  const stored = listAt(definition, 'spec', 'versions').find((version) => objectAt(version)['storage'] === true);
  return textAt(stored, 'name');
}

/** The parts that every object has are of the built-in kind, whatever the definition says about them. */
function completeSchema(schema: Schema | undefined): Schema {
  const text: Schema = { type: 'string' };
  const own = schema ?? anySchema;
  return {
    ...own,
    properties: { ...own.properties, apiVersion: text, kind: text, metadata: { ...objectMetaSchema, 'x-always-present': true } },
  };
}

const nameColumn: PrinterColumn = { name: 'Name', type: 'string', format: 'name' };
const ageColumn: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

function columnsOf(version: Record<string, unknown>): readonly PrinterColumn[] {
  const columns = listAt(version, 'additionalPrinterColumns') as readonly PrinterColumn[];
  return columns.length > 0 ? columns : [ageColumn];
}
