import type { KubeObject } from '../../core/index.ts';
import { isObject, listAt, numberAt, objectAt, textAt } from '../json/json.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { ageSince, formatAge } from './age.ts';

type Cells = Readonly<Record<string, unknown>>;

/** The cells of a built-in kind's row by column name; what is missing shows as `<none>`. */
export function builtInCells(type: ResourceType, object: KubeObject, now: number): Cells {
  const { name, creationTimestamp } = object.metadata;
  const common = { Name: name, Age: ageSince(creationTimestamp, now), 'Created At': creationTimestamp };
  return { ...common, ...(cellsByStorage[type.storage]?.(object, now) ?? {}) };
}

function workloadCells(object: KubeObject): Cells {
  const containers = listAt(object, 'spec', 'template', 'spec', 'containers');
  return {
    Containers: containers.map((container) => textAt(container, 'name')).join(','),
    Images: containers.map((container) => textAt(container, 'image')).join(','),
    Selector: formatSelector(objectAt(object, 'spec', 'selector')),
  };
}

function formatSelector(selector: Record<string, unknown>): string {
  const labels = Object.entries(objectAt(selector, 'matchLabels')).map(([key, value]) => `${key}=${value}`);
  const expressions = listAt(selector, 'matchExpressions').map(
    (item) => `${textAt(item, 'key')} ${textAt(item, 'operator').toLowerCase()} (${listAt(item, 'values').join(',')})`,
  );
  return [...labels, ...expressions].join(',') || '<none>';
}

function statusNumber(object: KubeObject, field: string): number {
  return numberAt(object, ['status', field]);
}

function podCells(object: KubeObject, now: number): Cells {
  const statuses = listAt(object, 'status', 'containerStatuses');
  const ready = statuses.filter((status) => objectAt(status)['ready'] === true).length;
  const restarts = statuses.reduce<number>((sum, status) => sum + numberAt(status, ['restartCount']), 0);
  return {
    Ready: `${ready}/${listAt(object, 'spec', 'containers').length}`,
    Status: describePod(object, statuses),
    Restarts: String(restarts),
    IP: textAt(object, 'status', 'podIP') || '<none>',
    Node: textAt(object, 'spec', 'nodeName') || '<none>',
    Age: ageSince(object.metadata.creationTimestamp, now),
  };
}

function describePod(object: KubeObject, statuses: readonly unknown[]): string {
  if (object.metadata.deletionTimestamp !== undefined) return 'Terminating';
  const states = statuses.map(
    (status) => textAt(status, 'state', 'waiting', 'reason') || textAt(status, 'state', 'terminated', 'reason'),
  );
  return (
    states.find((reason) => reason !== '') || textAt(object, 'status', 'reason') || textAt(object, 'status', 'phase') || 'Unknown'
  );
}

function serviceCells(object: KubeObject): Cells {
  const spec = objectAt(object, 'spec');
  const addresses = listAt(object, 'status', 'loadBalancer', 'ingress').map(
    (item) => textAt(item, 'ip') || textAt(item, 'hostname'),
  );
  const external = textAt(spec, 'externalName') || [...listAt(spec, 'externalIPs'), ...addresses].join(',');
  return {
    Type: textAt(spec, 'type'),
    'Cluster-IP': textAt(spec, 'clusterIP') || '<none>',
    'External-IP': external || (spec['type'] === 'LoadBalancer' ? '<pending>' : '<none>'),
    'Port(s)': listAt(spec, 'ports').map(formatPort).join(',') || '<none>',
    Selector:
      Object.entries(objectAt(spec, 'selector'))
        .map(([key, value]) => `${key}=${value}`)
        .join(',') || '<none>',
  };
}

function formatPort(port: unknown): string {
  const { port: number, nodePort, protocol } = objectAt(port);
  return nodePort === undefined ? `${number}/${protocol}` : `${number}:${nodePort}/${protocol}`;
}

function eventCells(object: KubeObject, now: number): Cells {
  const involved = objectAt(object['involvedObject'] ?? object['regarding']);
  const time = (field: string) =>
    object[field] ??
    object[`deprecated${field[0]?.toUpperCase()}${field.slice(1)}`] ??
    object['eventTime'] ??
    object.metadata.creationTimestamp;
  return {
    'Last Seen': ageSince(objectAt(object, 'series')['lastObservedTime'] ?? time('lastTimestamp'), now),
    'First Seen': ageSince(time('firstTimestamp'), now),
    Type: object['type'],
    Reason: object['reason'],
    Object: `${textAt(involved, 'kind').toLowerCase()}/${textAt(involved, 'name')}`,
    Subobject: textAt(involved, 'fieldPath'),
    Source: textAt(object, 'source', 'component') || object['reportingComponent'] || object['reportingController'],
    Message: String(object['message'] ?? object['note'] ?? '').trim(),
    Count: numberAt(object, ['series', 'count'], numberAt(object, ['count'], 1)),
  };
}

function deploymentCells(object: KubeObject): Cells {
  return {
    ...workloadCells(object),
    Ready: `${statusNumber(object, 'readyReplicas')}/${numberAt(object, ['spec', 'replicas'])}`,
    'Up-to-date': statusNumber(object, 'updatedReplicas'),
    Available: statusNumber(object, 'availableReplicas'),
  };
}

function daemonSetCells(object: KubeObject): Cells {
  const node = Object.entries(objectAt(object, 'spec', 'template', 'spec', 'nodeSelector')).map(
    ([key, value]) => `${key}=${value}`,
  );
  return {
    ...workloadCells(object),
    Desired: statusNumber(object, 'desiredNumberScheduled'),
    Current: statusNumber(object, 'currentNumberScheduled'),
    Ready: statusNumber(object, 'numberReady'),
    'Up-to-date': statusNumber(object, 'updatedNumberScheduled'),
    Available: statusNumber(object, 'numberAvailable'),
    'Node Selector': node.join(',') || '<none>',
  };
}

function jobCells(object: KubeObject, now: number): Cells {
  const conditions = listAt(object, 'status', 'conditions').filter((item) => isObject(item) && item['status'] === 'True');
  const started = Date.parse(textAt(object, 'status', 'startTime'));
  const ended = Date.parse(textAt(object, 'status', 'completionTime'));
  return {
    ...workloadCells(object),
    Status:
      conditions
        .map((item) => textAt(item, 'type'))
        .find((type) => type === 'Complete' || type === 'Failed' || type === 'Suspended') ?? 'Running',
    Completions: `${statusNumber(object, 'succeeded')}/${numberAt(object, ['spec', 'completions'], 1)}`,
    Duration: Number.isNaN(started) ? '' : formatAge((Number.isNaN(ended) ? now : ended) - started),
  };
}

function cronJobCells(object: KubeObject, now: number): Cells {
  const template = objectAt(object, 'spec', 'jobTemplate');
  const last = textAt(object, 'status', 'lastScheduleTime');
  return {
    ...workloadCells(template as KubeObject),
    Schedule: textAt(object, 'spec', 'schedule'),
    Timezone: textAt(object, 'spec', 'timeZone') || '<none>',
    Suspend: objectAt(object, 'spec')['suspend'] === true ? 'True' : 'False',
    Active: listAt(object, 'status', 'active').length,
    'Last Schedule': last === '' ? '<none>' : ageSince(last, now),
  };
}

function bindingCells(object: KubeObject): Cells {
  const subjects = listAt(object, 'subjects');
  const named = (kind: string) =>
    subjects
      .filter((item) => textAt(item, 'kind') === kind)
      .map((item) => [textAt(item, 'namespace'), textAt(item, 'name')].filter(Boolean).join('/'))
      .join(', ');
  return {
    Role: `${textAt(object, 'roleRef', 'kind')}/${textAt(object, 'roleRef', 'name')}`,
    Users: named('User'),
    Groups: named('Group'),
    ServiceAccounts: named('ServiceAccount'),
  };
}

function ingressCells(object: KubeObject): Cells {
  const hosts = listAt(object, 'spec', 'rules').map((rule) => textAt(rule, 'host') || '*');
  const addresses = listAt(object, 'status', 'loadBalancer', 'ingress').map(
    (item) => textAt(item, 'ip') || textAt(item, 'hostname'),
  );
  return {
    Class: textAt(object, 'spec', 'ingressClassName') || '<none>',
    Hosts: hosts.join(',') || '*',
    Address: addresses.join(','),
    Ports: listAt(object, 'spec', 'tls').length > 0 ? '80, 443' : '80',
  };
}

function claimCells(object: KubeObject): Cells {
  return {
    Status: textAt(object, 'status', 'phase'),
    Volume: textAt(object, 'spec', 'volumeName'),
    Capacity: textAt(object, 'status', 'capacity', 'storage'),
    'Access Modes': listAt(object, 'status', 'accessModes').join(','),
    StorageClass: textAt(object, 'spec', 'storageClassName'),
    VolumeAttributesClass: textAt(object, 'spec', 'volumeAttributesClassName') || '<unset>',
    VolumeMode: textAt(object, 'spec', 'volumeMode'),
  };
}

function countMembers(object: KubeObject, ...fields: string[]): number {
  return fields.reduce((sum, field) => sum + Object.keys(objectAt(object, field)).length, 0);
}

const cellsByStorage: Readonly<Record<string, (object: KubeObject, now: number) => Cells>> = {
  '/namespaces': (object) => ({ Status: textAt(object, 'status', 'phase') }),
  '/configmaps': (object) => ({ Data: countMembers(object, 'data', 'binaryData') }),
  '/secrets': (object) => ({ Type: object['type'], Data: countMembers(object, 'data') }),
  '/services': serviceCells,
  '/pods': podCells,
  '/events': eventCells,
  '/persistentvolumeclaims': claimCells,
  'apps/deployments': deploymentCells,
  'apps/replicasets': (object) => ({
    ...workloadCells(object),
    Desired: numberAt(object, ['spec', 'replicas']),
    Current: statusNumber(object, 'replicas'),
    Ready: statusNumber(object, 'readyReplicas'),
  }),
  'apps/statefulsets': (object) => ({
    ...workloadCells(object),
    Ready: `${statusNumber(object, 'readyReplicas')}/${numberAt(object, ['spec', 'replicas'])}`,
  }),
  'apps/daemonsets': daemonSetCells,
  'batch/jobs': jobCells,
  'batch/cronjobs': cronJobCells,
  'rbac.authorization.k8s.io/rolebindings': bindingCells,
  'rbac.authorization.k8s.io/clusterrolebindings': bindingCells,
  'networking.k8s.io/ingresses': ingressCells,
  'networking.k8s.io/ingressclasses': (object) => ({ Controller: textAt(object, 'spec', 'controller') }),
  'networking.k8s.io/networkpolicies': (object) => ({ 'Pod-Selector': formatSelector(objectAt(object, 'spec', 'podSelector')) }),
  'policy/poddisruptionbudgets': (object) => ({
    'Min Available': objectAt(object, 'spec')['minAvailable'] ?? 'N/A',
    'Max Unavailable': objectAt(object, 'spec')['maxUnavailable'] ?? 'N/A',
    'Allowed Disruptions': statusNumber(object, 'disruptionsAllowed'),
  }),
  'autoscaling/horizontalpodautoscalers': (object) => ({
    Reference: `${textAt(object, 'spec', 'scaleTargetRef', 'kind')}/${textAt(object, 'spec', 'scaleTargetRef', 'name')}`,
    Targets: '<unknown>',
    MinPods: String(numberAt(object, ['spec', 'minReplicas'], 1)),
    MaxPods: numberAt(object, ['spec', 'maxReplicas']),
    Replicas: statusNumber(object, 'currentReplicas'),
  }),
  'storage.k8s.io/storageclasses': (object) => ({
    Provisioner: object['provisioner'],
    ReclaimPolicy: object['reclaimPolicy'],
    VolumeBindingMode: object['volumeBindingMode'],
    AllowVolumeExpansion: object['allowVolumeExpansion'] === true,
  }),
  'scheduling.k8s.io/priorityclasses': (object) => ({
    Value: object['value'],
    'Global-Default': object['globalDefault'] === true,
    PreemptionPolicy: object['preemptionPolicy'],
  }),
  'coordination.k8s.io/leases': (object) => ({ Holder: textAt(object, 'spec', 'holderIdentity') }),
};
