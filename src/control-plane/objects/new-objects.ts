import { createHash } from 'node:crypto';
import type { KubeObject } from '../../core/index.ts';
import { isObject, type JsonObject, listAt, objectAt, textAt } from '../json/json.ts';
import type { ResourceType } from '../kinds/resource-type.ts';

/** What the server itself writes into objects of its own kinds when they are made. In place. */
export function completeNew(type: ResourceType, object: KubeObject): void {
  switch (type.storage) {
    case '/namespaces':
      object['spec'] = { ...objectAt(object, 'spec'), finalizers: ['kubernetes'] };
      object['status'] = { phase: 'Active' };
      break;
    case '/services':
      completeService(object);
      break;
    case '/pods':
      completePod(object);
      break;
    case '/persistentvolumeclaims':
      object['status'] = { phase: 'Pending' };
      // No finalizer against use by pods: nobody here would take it away again.
      break;
    case 'batch/jobs':
      selectOwnPods(object);
      object['status'] = {};
      break;
    case 'apps/deployments':
    case 'batch/cronjobs':
      object['status'] = {};
      break;
    case 'policy/poddisruptionbudgets':
      object['status'] = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 };
      break;
    case 'autoscaling/horizontalpodautoscalers':
      object['status'] = { currentMetrics: null, desiredReplicas: 0 };
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

/** A Job's pods, and the Job itself, are labelled with its identity. */
function selectOwnPods(object: KubeObject): void {
  const spec = isObject(object['spec']) ? object['spec'] : {};
  const { uid = '', name } = object.metadata;
  const labels = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  if (spec['manualSelector'] === true || spec['selector'] !== undefined) return;
  const template = objectAt(spec, 'template');
  const metadata = objectAt(template, 'metadata');
  spec['template'] = { ...template, metadata: { ...metadata, labels: { ...objectAt(metadata, 'labels'), ...labels } } };
  spec['selector'] = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
  object.metadata = { ...object.metadata, labels: { ...labels, ...object.metadata.labels } };
}

/** Fields that are always shown, though nobody has set them. In place. */
export function showUnset({ storage, group }: ResourceType, object: KubeObject): void {
  if (storage === 'rbac.authorization.k8s.io/roles' || storage === 'rbac.authorization.k8s.io/clusterroles')
    object['rules'] ??= null;
  if (storage !== '/events' || group !== '') return;
  for (const field of ['eventTime', 'firstTimestamp', 'lastTimestamp']) object[field] ??= null;
  for (const field of ['reportingComponent', 'reportingInstance']) object[field] ??= '';
}

/** What admission adds to every pod. */
function completePod(object: KubeObject): void {
  const spec = isObject(object['spec']) ? object['spec'] : {};
  spec['priority'] ??= 0;
  spec['preemptionPolicy'] ??= 'PreemptLowerPriority';
  const tolerations = Array.isArray(spec['tolerations']) ? spec['tolerations'] : [];
  const missing = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].filter(
    (key) => !tolerations.some((item) => textAt(item, 'key') === key),
  );
  spec['tolerations'] = [
    ...tolerations,
    ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })),
  ];
  object['status'] = { phase: 'Pending', qosClass: qualityOf(spec) };
}

function qualityOf(spec: JsonObject): string {
  const resources = listAt(spec, 'containers').map((container) => objectAt(container, 'resources'));
  const { length } = Object.keys(
    Object.assign({}, ...resources.map((own) => ({ ...objectAt(own, 'limits'), ...objectAt(own, 'requests') }))),
  );
  if (length === 0) return 'BestEffort';
  const isFull = (own: JsonObject) =>
    ['cpu', 'memory'].every(
      (name) => objectAt(own, 'limits')[name] !== undefined && objectAt(own, 'limits')[name] === objectAt(own, 'requests')[name],
    );
  return resources.every(isFull) ? 'Guaranteed' : 'Burstable';
}

/** An address that nothing listens on, yet stable for a namespace and name. */
function completeService(object: KubeObject): void {
  object['status'] = { loadBalancer: {} };
  const spec = isObject(object['spec']) ? object['spec'] : {};
  if (spec['type'] === 'ExternalName') return;
  spec['ipFamilies'] ??= ['IPv4'];
  spec['ipFamilyPolicy'] ??= 'SingleStack';
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
