import { createHash } from 'node:crypto';
import type { Clock, KubeObject } from '../../core/index.ts';
import { isObject, type JsonObject, objectAt } from '../json/json.ts';
import type { ResourceType } from '../kinds/resource-type.ts';

/** What the server itself writes into objects of its own kinds when they are made. In place. */
export function completeNew(type: ResourceType, object: KubeObject, _clock: Clock): void {
  switch (type.storage) {
    case '/namespaces':
      object['status'] = { phase: 'Active' };
      break;
    case '/services':
      completeService(object);
      break;
    case '/pods':
      object['status'] = { phase: 'Pending', qosClass: 'BestEffort' };
      break;
    case '/persistentvolumeclaims':
      object['status'] = { phase: 'Pending' };
      break;
    case 'apps/deployments':
    case 'batch/jobs':
    case 'batch/cronjobs':
    case 'policy/poddisruptionbudgets':
      object['status'] = {};
      break;
    case 'apps/replicasets':
    case 'apps/statefulsets':
      object['status'] = { replicas: 0, ...(type.plural === 'statefulsets' && { availableReplicas: 0 }) };
      break;
    case 'apps/daemonsets':
      object['status'] = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 };
      break;
    case 'networking.k8s.io/ingresses':
    case '/persistentvolumes':
      object['status'] = type.storage === '/persistentvolumes' ? { phase: 'Pending' } : { loadBalancer: {} };
      break;
  }
}

/** An address that nothing listens on, yet stable for a namespace and name. */
function completeService(object: KubeObject): void {
  object['status'] = { loadBalancer: {} };
  const spec = isObject(object['spec']) ? object['spec'] : {};
  if (spec['type'] === 'ExternalName') return;
  spec['clusterIP'] ??= addressOf(object);
  spec['clusterIPs'] ??= [spec['clusterIP']];
  if (spec['type'] !== 'NodePort' && spec['type'] !== 'LoadBalancer') return;
  for (const port of portsOf(object)) port['nodePort'] ??= 30_000 + (digestOf(object, String(port['port'])) % 2768);
}

function portsOf(object: KubeObject): JsonObject[] {
  const { ports } = objectAt(object, 'spec');
  return Array.isArray(ports) ? ports.filter(isObject) : [];
}

function addressOf(object: KubeObject): string {
  const digest = digestOf(object, '');
  return `10.96.${(digest >> 8) & 255}.${(digest & 253) + 1}`;
}

function digestOf({ metadata }: KubeObject, salt: string): number {
  return createHash('sha256').update(`${metadata.namespace}/${metadata.name}/${salt}`).digest().readUInt16BE(0);
}
