import { gvkOf, type KubeObject } from '../core/index.ts';
import { isMap, type JsonMap } from './json.ts';
import { podSpecPath, updatePath, zeroFieldsOf } from './workload-shape.ts';

/**
 * The object as Flux would send it: default protocol of container and service ports, a Secret's stringData in data, no status
 * (a definition keeps its own), no creationTimestamp, no nulls in built-in kinds, and the empty structures that Flux's typed
 * round trip adds, so that both own the same fields. The object handed in stays as it is.
 */
export function normaliseObject(object: KubeObject): KubeObject {
  const { group, kind } = gvkOf(object);
  const isRole = group === 'rbac.authorization.k8s.io' && (kind === 'Role' || kind === 'ClusterRole');
  const shaped = isRole ? object : shape(object);
  const { creationTimestamp: _time, managedFields: _fields, ...metadata } = shaped.metadata;
  const normalised: KubeObject = { ...shaped, metadata };
  const keepsStatus = group === 'apiextensions.k8s.io' && kind === 'CustomResourceDefinition';
  if (!keepsStatus) delete normalised['status'];
  return normalised;
}

function shape(object: KubeObject): KubeObject {
  if (object.apiVersion === 'v1' && object.kind === 'Secret') return normaliseSecret(withoutNulls(object));
  if (object.apiVersion === 'v1' && object.kind === 'Service')
    return updatePath(withoutNulls(object), ['spec', 'ports'], withProtocols);
  const path = podSpecPath(object);
  if (path === null) return isBuiltIn(object) ? withoutNulls(object) : object;
  const clean = withoutNulls(object);
  const ported = updatePath(clean, [...path, 'containers'], (containers) => eachContainer(containers, withPortProtocols));
  return addZeroFields(ported, path);
}

function addZeroFields(object: KubeObject, podSpec: readonly string[]): KubeObject {
  const withResources = (container: JsonMap) => ({ resources: {}, ...container });
  let result = object;
  for (const list of ['containers', 'initContainers'])
    result = updatePath(result, [...podSpec, list], (containers) => eachContainer(containers, withResources));
  return updatePath(result, ['spec'], (spec) => (isMap(spec) ? { ...zeroFieldsOf(object), ...spec } : spec));
}

function eachContainer(containers: unknown, change: (container: JsonMap) => JsonMap): unknown {
  return Array.isArray(containers)
    ? containers.map((container) => (isMap(container) ? change(container) : container))
    : containers;
}

function withPortProtocols(container: JsonMap): JsonMap {
  return Array.isArray(container['ports']) ? { ...container, ports: withProtocols(container['ports']) } : container;
}

function withProtocols(ports: unknown): unknown {
  if (!Array.isArray(ports)) return ports;
  return ports.map((port) => (isMap(port) && !port['protocol'] ? { ...port, protocol: 'TCP' } : port));
}

function normaliseSecret(object: KubeObject): KubeObject {
  const { stringData, ...rest } = object;
  if (!isMap(stringData)) return rest as KubeObject;
  const encoded = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(String(value), 'utf8').toString('base64')]);
  const data = isMap(rest['data']) ? rest['data'] : {};
  return { ...(rest as KubeObject), data: { ...data, ...Object.fromEntries(encoded) } };
}

function isBuiltIn(object: KubeObject): boolean {
  const { group } = gvkOf(object);
  return group === '' || !group.includes('.') || builtInGroups.has(group);
}

const builtInGroups = new Set([
  'admissionregistration.k8s.io',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'networking.k8s.io',
  'node.k8s.io',
  'rbac.authorization.k8s.io',
  'scheduling.k8s.io',
  'storage.k8s.io',
]);

// A null in a built-in kind says nothing: a typed client could not even express it.
function withoutNulls(object: KubeObject): KubeObject {
  return dropNulls(object) as KubeObject;
}

function dropNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(dropNulls);
  if (!isMap(value)) return value;
  const kept = Object.entries(value).filter(([, part]) => part !== null);
  return Object.fromEntries(kept.map(([key, part]) => [key, dropNulls(part)]));
}
