import type { KubeObject } from '../../core/index.ts';
import { isObject, type JsonObject, listAt, objectAt } from '../json/json.ts';
import type { ResourceType } from '../kinds/resource-type.ts';

type Defaulter = (object: JsonObject) => void;

/** Fills in what Kubernetes' own kinds get beyond their schemas' defaults, in place. */
export function applyBuiltInDefaults(type: ResourceType, object: KubeObject): void {
  if (!type.custom) defaulters[type.storage]?.(object);
}

/** Sets members that are absent. */
function fill(target: JsonObject, defaults: JsonObject): void {
  for (const [name, value] of Object.entries(defaults)) target[name] ??= structuredClone(value);
}

function ensureObject(parent: JsonObject, name: string): JsonObject {
  if (!isObject(parent[name])) parent[name] = {};
  return parent[name] as JsonObject;
}

function defaultPodSpec(spec: JsonObject, restartPolicy = 'Always'): void {
  fill(spec, {
    restartPolicy,
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    terminationGracePeriodSeconds: 30,
    securityContext: {},
  });
  if (typeof spec['serviceAccountName'] === 'string') spec['serviceAccount'] ??= spec['serviceAccountName'];
  for (const container of [...listAt(spec, 'containers'), ...listAt(spec, 'initContainers')])
    if (isObject(container)) defaultContainer(container);
  for (const volume of listAt(spec, 'volumes')) if (isObject(volume)) defaultVolume(volume);
}

function defaultContainer(container: JsonObject): void {
  const image = String(container['image'] ?? '');
  const isLatest = !image.includes('@') && (/:latest$/.test(image) || !/:[^/]+$/.test(image));
  fill(container, {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: isLatest ? 'Always' : 'IfNotPresent',
    resources: {},
  });
  for (const port of listAt(container, 'ports')) if (isObject(port)) fill(port, { protocol: 'TCP' });
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe'])
    if (isObject(container[name])) defaultProbe(container[name] as JsonObject);
  for (const hook of ['postStart', 'preStop']) {
    const get = objectAt(container, 'lifecycle', hook, 'httpGet');
    if (Object.keys(get).length > 0) fill(get, { path: '/', scheme: 'HTTP' });
  }
  for (const variable of listAt(container, 'env')) {
    const field = objectAt(variable, 'valueFrom', 'fieldRef');
    if (Object.keys(field).length > 0) fill(field, { apiVersion: 'v1' });
  }
}

/** Pods alone, not templates of pods: what may be used at most is asked for, unless less is. */
function defaultRequests(spec: JsonObject): void {
  for (const container of [...listAt(spec, 'containers'), ...listAt(spec, 'initContainers')]) {
    const limits = objectAt(container, 'resources', 'limits');
    if (isObject(container) && Object.keys(limits).length > 0)
      fill(ensureObject(ensureObject(container, 'resources'), 'requests'), limits);
  }
}

function defaultProbe(probe: JsonObject): void {
  fill(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
  if (isObject(probe['httpGet'])) fill(probe['httpGet'] as JsonObject, { path: '/', scheme: 'HTTP' });
}

function defaultVolume(volume: JsonObject): void {
  for (const kind of ['configMap', 'secret', 'projected', 'downwardAPI'])
    if (isObject(volume[kind])) fill(volume[kind] as JsonObject, { defaultMode: 420 });
  for (const source of listAt(volume, 'projected', 'sources')) {
    const token = objectAt(source, 'serviceAccountToken');
    if (Object.keys(token).length > 0) fill(token, { expirationSeconds: 3600 });
  }
  if (isObject(volume['hostPath'])) fill(volume['hostPath'] as JsonObject, { type: '' });
  if (Object.keys(volume).length === 1) volume['emptyDir'] = {};
}

function defaultTemplate(object: JsonObject, restartPolicy = 'Always'): void {
  const template = ensureObject(ensureObject(object, 'spec'), 'template');
  defaultPodSpec(ensureObject(template, 'spec'), restartPolicy);
}

function defaultRollingUpdate(owner: JsonObject, name: string, rollingUpdate: JsonObject): void {
  const strategy = ensureObject(owner, name);
  fill(strategy, { type: 'RollingUpdate' });
  if (strategy['type'] === 'RollingUpdate') fill(ensureObject(strategy, 'rollingUpdate'), rollingUpdate);
}

function defaultDeployment(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  fill(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
  defaultRollingUpdate(spec, 'strategy', { maxUnavailable: '25%', maxSurge: '25%' });
  defaultTemplate(object);
}

function defaultStatefulSet(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  fill(spec, { replicas: 1, revisionHistoryLimit: 10, podManagementPolicy: 'OrderedReady' });
  fill(spec, { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' } });
  defaultRollingUpdate(spec, 'updateStrategy', { partition: 0 });
  defaultTemplate(object);
  for (const claim of listAt(spec, 'volumeClaimTemplates')) {
    if (!isObject(claim)) continue;
    fill(claim, { apiVersion: 'v1', kind: 'PersistentVolumeClaim' });
    fill(ensureObject(claim, 'spec'), { volumeMode: 'Filesystem' });
    fill(ensureObject(claim, 'status'), { phase: 'Pending' });
  }
}

function defaultDaemonSet(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  fill(ensureObject(ensureObject(object, 'metadata'), 'annotations'), { 'deprecated.daemonset.template.generation': '1' });
  fill(spec, { revisionHistoryLimit: 10 });
  defaultRollingUpdate(spec, 'updateStrategy', { maxUnavailable: 1, maxSurge: 0 });
  defaultTemplate(object);
}

function defaultJobSpec(spec: JsonObject): void {
  fill(spec, { parallelism: 1, completionMode: 'NonIndexed', suspend: false, podReplacementPolicy: 'TerminatingOrFailed' });
  if (spec['backoffLimitPerIndex'] === undefined) fill(spec, { backoffLimit: 6 });
  if (spec['parallelism'] === 1) fill(spec, { completions: 1 });
}

function defaultJob(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  defaultJobSpec(spec);
  defaultTemplate(object, 'Never');
  fill(spec, { manualSelector: false });
}

function defaultCronJob(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  fill(spec, { concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 });
  defaultTemplate(ensureObject(spec, 'jobTemplate'), 'Never');
}

function defaultService(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  fill(spec, { type: 'ClusterIP', sessionAffinity: 'None' });
  for (const port of listAt(spec, 'ports')) if (isObject(port)) fill(port, { protocol: 'TCP', targetPort: port['port'] });
  if (spec['type'] === 'ExternalName') return;
  fill(spec, { internalTrafficPolicy: 'Cluster' });
  if (spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer') fill(spec, { externalTrafficPolicy: 'Cluster' });
  if (spec['type'] === 'LoadBalancer') fill(spec, { allocateLoadBalancerNodePorts: true });
}

function defaultSecret(object: JsonObject): void {
  fill(object, { type: 'Opaque' });
  const texts = objectAt(object, 'stringData');
  if (Object.keys(texts).length > 0) object['data'] = { ...objectAt(object, 'data'), ...encodeTexts(texts) };
  delete object['stringData'];
}

function encodeTexts(texts: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(String(text)).toString('base64')]));
}

function defaultNamespace(object: JsonObject): void {
  const metadata = ensureObject(object, 'metadata');
  if (typeof metadata['name'] === 'string')
    fill(ensureObject(metadata, 'labels'), { 'kubernetes.io/metadata.name': metadata['name'] });
}

function defaultBinding(object: JsonObject): void {
  const group = 'rbac.authorization.k8s.io';
  if (isObject(object['roleRef'])) fill(object['roleRef'] as JsonObject, { apiGroup: group });
  for (const subject of listAt(object, 'subjects'))
    if (isObject(subject) && subject['kind'] !== 'ServiceAccount') fill(subject, { apiGroup: group });
}

function defaultLimit(limit: JsonObject): void {
  if (isObject(limit['max'])) fill(ensureObject(limit, 'default'), limit['max']);
  for (const source of ['default', 'min'])
    if (isObject(limit[source])) fill(ensureObject(limit, 'defaultRequest'), limit[source] as JsonObject);
}

function defaultNetworkPolicy(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  fill(spec, { podSelector: {}, policyTypes: listAt(spec, 'egress').length > 0 ? ['Ingress', 'Egress'] : ['Ingress'] });
  for (const rule of [...listAt(spec, 'ingress'), ...listAt(spec, 'egress')])
    for (const port of listAt(rule, 'ports')) if (isObject(port)) fill(port, { protocol: 'TCP' });
}

function defaultWebhooks(object: JsonObject): void {
  for (const hook of listAt(object, 'webhooks')) {
    if (!isObject(hook)) continue;
    fill(hook, {
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      namespaceSelector: {},
      objectSelector: {},
      timeoutSeconds: 10,
    });
    for (const rule of listAt(hook, 'rules')) if (isObject(rule)) fill(rule, { scope: '*' });
    const service = objectAt(hook, 'clientConfig', 'service');
    if (Object.keys(service).length > 0) fill(service, { port: 443 });
  }
}

function defaultDefinition(object: JsonObject): void {
  const spec = ensureObject(object, 'spec');
  fill(spec, { conversion: { strategy: 'None' } });
  const names = ensureObject(spec, 'names');
  if (typeof names['kind'] === 'string') fill(names, { singular: names['kind'].toLowerCase(), listKind: `${names['kind']}List` });
}

const defaulters: Readonly<Record<string, Defaulter>> = {
  '/namespaces': defaultNamespace,
  '/secrets': defaultSecret,
  '/services': defaultService,
  '/pods': (object) => {
    const spec = ensureObject(object, 'spec');
    fill(spec, { enableServiceLinks: true });
    defaultPodSpec(spec);
    defaultRequests(spec);
  },
  '/limitranges': (object) => {
    for (const limit of listAt(object, 'spec', 'limits'))
      if (isObject(limit) && limit['type'] === 'Container') defaultLimit(limit);
  },
  '/persistentvolumeclaims': (object) => fill(ensureObject(object, 'spec'), { volumeMode: 'Filesystem' }),
  'apps/deployments': defaultDeployment,
  'apps/replicasets': (object) => {
    fill(ensureObject(object, 'spec'), { replicas: 1 });
    defaultTemplate(object);
  },
  'apps/statefulsets': defaultStatefulSet,
  'apps/daemonsets': defaultDaemonSet,
  'batch/jobs': defaultJob,
  'batch/cronjobs': defaultCronJob,
  'rbac.authorization.k8s.io/rolebindings': defaultBinding,
  'rbac.authorization.k8s.io/clusterrolebindings': defaultBinding,
  'networking.k8s.io/networkpolicies': defaultNetworkPolicy,
  'autoscaling/horizontalpodautoscalers': (object) => fill(ensureObject(object, 'spec'), { minReplicas: 1 }),
  'storage.k8s.io/storageclasses': (object) => fill(object, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
  'scheduling.k8s.io/priorityclasses': (object) => fill(object, { preemptionPolicy: 'PreemptLowerPriority' }),
  'apiextensions.k8s.io/customresourcedefinitions': defaultDefinition,
  'admissionregistration.k8s.io/validatingwebhookconfigurations': defaultWebhooks,
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': (object) => {
    defaultWebhooks(object);
    for (const hook of listAt(object, 'webhooks')) if (isObject(hook)) fill(hook, { reinvocationPolicy: 'Never' });
  },
};
