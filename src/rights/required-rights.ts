/** One thing that the bot's own identity must be allowed to do. */
export interface Right {
  readonly verb: string;
  /** Empty for the core group. */
  readonly group: string;
  /** A plural, with its subresource behind a slash: `kustomizations/status`. */
  readonly resource: string;
  /** Absent: in every namespace that is watched. */
  readonly namespace?: string;
  readonly because: string;
}

export interface RightsWanted {
  readonly controllers: readonly ('image' | 'source' | 'kustomize' | 'notification')[];
  /** Where Leases are kept; absent = none are. */
  readonly leaseNamespace?: string;
}

const image = 'image.toolkit.fluxcd.io';
const source = 'source.toolkit.fluxcd.io';
const kustomize = 'kustomize.toolkit.fluxcd.io';
const tagalong = 'tagalong.dev';
const ownSources = ['gitrepositories', 'ocirepositories', 'buckets'];
const follow = ['get', 'list', 'watch'];

/** Everything that the bot does in its own name, by what runs; what it applies for others needs rights beside these. */
export function requiredRights({ controllers, leaseNamespace }: RightsWanted): Right[] {
  const runs = new Set(controllers);
  const wanted = [
    ...(runs.has('image') ? imageRights(runs.has('source')) : []),
    ...(runs.has('source') ? ownSources.flatMap((plural) => serve(source, plural, 'a kind of source-controller')) : []),
    ...(runs.has('kustomize') ? kustomizeRights() : []),
    ...(runs.has('notification') ? notificationRights() : []),
    ...rights('', 'namespaces', ['get'], 'accessFrom by labels, and the name of this cluster'),
    ...rights('', 'secrets', ['get'], 'secretRef of sources and image repositories'),
    ...rights('', 'serviceaccounts', ['get'], 'serviceAccountName of image repositories'),
    ...rights('', 'events', ['create', 'patch'], 'news about the objects'),
    ...(leaseNamespace === undefined ? [] : leaseRights(leaseNamespace)),
  ];
  return [...new Map(wanted.map((right) => [describeRight(right), right])).values()];
}

/** `patch kustomizations/status.kustomize.toolkit.fluxcd.io in every namespace`. */
export function describeRight({ verb, group, resource, namespace }: Right): string {
  const [plural = '', subresource] = resource.split('/');
  const qualified = `${plural}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
  return `${verb} ${qualified} in ${namespace === undefined ? 'every namespace' : `namespace ${namespace}`}`;
}

function imageRights(servesSources: boolean): Right[] {
  const sources = rights(source, 'gitrepositories', follow, 'where automations write to');
  // Another process serves the sources: after a push it is asked to look, by an annotation.
  const told = servesSources ? [] : rights(source, 'gitrepositories', ['patch'], 'a source is told of a push');
  const kinds = ['imagerepositories', 'imagepolicies', 'imageupdateautomations'];
  return [
    ...kinds.flatMap((plural) => serve(image, plural, 'a kind of the image controllers')),
    ...guards(),
    ...rollouts(),
    ...sources,
    ...told,
  ];
}

/** Guards carry no finalizer, and nobody but people writes them. */
function guards(): Right[] {
  return [
    ...rights(tagalong, 'updateguards', follow, 'what must be true before a bump lands'),
    ...rights(tagalong, 'updateguards/status', ['patch'], 'what waits, and why'),
    ...rights('', 'configmaps', ['get'], 'roots of trust that guards name'),
  ];
}

/** Rollouts carry no finalizer either; what they follow is read, wherever it is applied by whomever. */
function rollouts(): Right[] {
  const read = ['list', 'watch'];
  const workloads = ['deployments', 'statefulsets', 'daemonsets', 'replicasets'];
  return [
    ...rights(tagalong, 'rollouts', [...follow, 'create', 'delete'], 'one for each bump that landed'),
    ...rights(tagalong, 'rollouts/status', ['patch'], 'how far each bump is'),
    ...rights(kustomize, 'kustomizations', ['list'], 'what applies the bumps'),
    ...workloads.flatMap((plural) => rights('apps', plural, read, 'how the workloads of a bump do')),
    ...['jobs', 'cronjobs'].flatMap((plural) => rights('batch', plural, read, 'how the workloads of a bump do')),
    ...['pods', 'replicationcontrollers'].flatMap((plural) => rights('', plural, read, 'which pods run the image of a bump')),
  ];
}

function kustomizeRights(): Right[] {
  const variables = ['configmaps', 'secrets'].flatMap((plural) => rights('', plural, follow, 'variables of postBuild'));
  const sources = [...ownSources, 'externalartifacts'].flatMap((plural) => rights(source, plural, follow, 'what is built'));
  return [...serve(kustomize, 'kustomizations', 'kustomize-controller’s kind'), ...sources, ...variables];
}

/** A webhook asks objects to reconcile: by an annotation, and found by their labels where its Receiver names none. */
function notificationRights(): Right[] {
  const receivers = serve('notification.toolkit.fluxcd.io', 'receivers', 'notification-controller’s kind');
  const asked = [
    [image, ['imagerepositories', 'imagepolicies', 'imageupdateautomations']],
    [source, ['gitrepositories', 'ocirepositories', 'buckets', 'helmrepositories', 'helmcharts', 'externalartifacts']],
    [kustomize, ['kustomizations']],
    ['helm.toolkit.fluxcd.io', ['helmreleases']],
  ] as const;
  const because = 'a webhook asks for a reconcile';
  return [
    ...receivers,
    ...asked.flatMap(([group, plurals]) => plurals.flatMap((plural) => rights(group, plural, ['get', 'list', 'patch'], because))),
  ];
}

/** A kind that is reconciled: followed, its finalizer set, its status written. */
function serve(group: string, plural: string, because: string): Right[] {
  return [...rights(group, plural, [...follow, 'patch'], because), ...rights(group, `${plural}/status`, ['patch'], because)];
}

function leaseRights(namespace: string): Right[] {
  const leases = rights('coordination.k8s.io', 'leases', ['get', 'create', 'patch'], 'one writer for each kind');
  const deployments = rights('apps', 'deployments', ['get'], 'whether a controller of Flux runs without a Lease');
  return [...leases, ...deployments].map((right) => ({ ...right, namespace }));
}

function rights(group: string, resource: string, verbs: readonly string[], because: string): Right[] {
  return verbs.map((verb) => ({ verb, group, resource, because }));
}
