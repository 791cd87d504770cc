import { ControlPlaneError } from './error.ts';
import { isEqual, isObject, objectAt, textAt } from './json/json.ts';
import type { ObjectApi } from './objects/object-api.ts';

const namespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** Makes what every cluster has, and brings the given definitions up to date. */
export function ensureBasics(api: ObjectApi, customResourceDefinitions: readonly object[]): void {
  const type = api.kinds.find('', 'v1', 'namespaces');
  if (type === undefined) return;
  for (const name of namespaces) {
    if (api.find({ type, namespace: '', name }) === null)
      api.create(type, '', { metadata: { name } }, { manager: 'kube-apiserver' });
  }
  for (const definition of customResourceDefinitions) ensureDefinition(api, definition);
}

function ensureDefinition(api: ObjectApi, definition: object): void {
  const type = api.kinds.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions');
  if (type === undefined || !isObject(definition)) return;
  const name = textAt(definition, 'metadata', 'name');
  const place = { type, namespace: '', name };
  const options = { manager: 'tagalong', fieldValidation: 'Ignore' } as const;
  try {
    if (api.find(place) === null) api.create(type, '', definition, options);
    else
      api.update(
        place,
        (current) => ({
          ...current,
          spec: isEqual(current['spec'], definition['spec']) ? current['spec'] : objectAt(definition, 'spec'),
        }),
        options,
      );
  } catch (cause) {
    throw new ControlPlaneError(
      'START_FAILED',
      `serving CustomResourceDefinition ${name} failed: ${cause}; correct the definition`,
      { retry: 'never', cause },
    );
  }
}
