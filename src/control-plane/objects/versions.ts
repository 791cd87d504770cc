import type { KubeObject } from '../../core/index.ts';
import { apiVersionOf, type ResourceType } from '../kinds/resource-type.ts';

/** A stored object in the version that was asked for. Versions of custom kinds differ in name alone (conversion strategy None). */
export function fromStorage(type: ResourceType, stored: KubeObject): KubeObject {
  const apiVersion = apiVersionOf(type);
  if (stored.apiVersion === apiVersion) return stored;
  return type.group === 'events.k8s.io' ? rename(stored, apiVersion, coreToEvents) : { ...stored, apiVersion };
}

/** An object as it is kept. */
export function toStorage(type: ResourceType, object: KubeObject): KubeObject {
  if (type.group === 'events.k8s.io') return rename(object, 'v1', eventsToCore);
  if (type.version === type.storageVersion) return object;
  return { ...object, apiVersion: apiVersionOf({ group: type.group, version: type.storageVersion }) };
}

const coreToEvents: Readonly<Record<string, string>> = {
  involvedObject: 'regarding',
  message: 'note',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
  reportingComponent: 'reportingController',
};

const eventsToCore = Object.fromEntries(Object.entries(coreToEvents).map(([core, events]) => [events, core]));

function rename(object: KubeObject, apiVersion: string, names: Readonly<Record<string, string>>): KubeObject {
  const { metadata } = object;
  const renamed = Object.fromEntries(Object.entries(object).map(([name, value]) => [names[name] ?? name, value]));
  return { ...renamed, apiVersion, kind: object.kind, metadata };
}
