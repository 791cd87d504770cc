import type { ResourceByKind } from '../../src/api/index.ts';

export interface ValidationRow {
  readonly because: string;
  readonly kind: keyof ResourceByKind;
  /** Over a valid spec. */
  readonly spec?: object;
  /** Over the valid object. */
  readonly parts?: object;
  /** What an API server 1.36 finds, in any order; none means that it accepts the object. */
  readonly problems: readonly string[];
}

const duration = '^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$';
const durationWithoutHours = '^([0-9]+(\\.[0-9]+)?(ms|s|m))+$';
const badPattern = (path: string, value: string, pattern: string) =>
  `${path}: Invalid value: "${value}": ${path} in body should match '${pattern}'`;
const badType = (path: string, expected: string, actual: string) =>
  `${path}: Invalid value: "${actual}": ${path} in body must be of type ${expected}: "${actual}"`;
const tooShort = (path: string) => `${path}: Invalid value: "": ${path} in body should be at least 1 chars long`;
const author = { email: 'bot@example.com' };
const kubeConfigMessage = 'exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified';

/** Each rule of each kind, accepting and rejecting; the same rows go to our own check and to a real API server. */
export const validationRows: readonly ValidationRow[] = [
  // GitRepository
  { because: 'the least that is needed', kind: 'GitRepository', problems: [] },
  ...['http://git.example/a', 'https://git.example/a', 'ssh://git@git.example/a'].map((url) => ({
    because: `${url.split(':')[0]} is a transport`,
    kind: 'GitRepository' as const,
    spec: { url },
    problems: [],
  })),
  {
    because: 'a local path is no transport',
    kind: 'GitRepository',
    spec: { url: 'file:///srv/a.git' },
    problems: [badPattern('spec.url', 'file:///srv/a.git', '^(http|https|ssh)://.*$')],
  },
  {
    because: 'url and interval are needed',
    kind: 'GitRepository',
    spec: { url: undefined, interval: undefined },
    problems: ['spec.url: Required value', 'spec.interval: Required value'],
  },
  {
    because: 'an empty url is not a missing one',
    kind: 'GitRepository',
    spec: { url: '' },
    problems: [badPattern('spec.url', '', '^(http|https|ssh)://.*$')],
  },
  { because: 'durations may have parts and fractions', kind: 'GitRepository', spec: { interval: '1h30m0.5s10ms' }, problems: [] },
  {
    because: 'a duration needs a unit',
    kind: 'GitRepository',
    spec: { interval: '60' },
    problems: [badPattern('spec.interval', '60', duration)],
  },
  {
    because: 'days are no unit',
    kind: 'GitRepository',
    spec: { interval: '1d' },
    problems: [badPattern('spec.interval', '1d', duration)],
  },
  {
    because: 'a duration is not negative',
    kind: 'GitRepository',
    spec: { interval: '-1m' },
    problems: [badPattern('spec.interval', '-1m', duration)],
  },
  {
    because: 'the timeout of a source knows no hours',
    kind: 'GitRepository',
    spec: { timeout: '1h' },
    problems: [badPattern('spec.timeout', '1h', durationWithoutHours)],
  },
  {
    because: 'null is the same as absent',
    kind: 'GitRepository',
    spec: { timeout: null, ref: null, ignore: null },
    problems: [],
  },
  {
    because: 'a needed field that is null is absent',
    kind: 'GitRepository',
    spec: { interval: null, secretRef: { name: null } },
    problems: ['spec.interval: Required value', 'spec.secretRef.name: Required value'],
  },
  {
    because: 'types are checked, at every depth',
    kind: 'GitRepository',
    spec: { interval: 5, suspend: 'yes', ref: ['main'], sparseCheckout: ['a', 1.5, null], ignore: {} },
    problems: [
      badType('spec.interval', 'string', 'integer'),
      badType('spec.suspend', 'boolean', 'string'),
      badType('spec.ref', 'object', 'array'),
      badType('spec.sparseCheckout[1]', 'string', 'number'),
      badType('spec.sparseCheckout[2]', 'string', 'null'),
      badType('spec.ignore', 'string', 'object'),
    ],
  },
  ...['generic', 'aws', 'azure', 'github'].map((provider) => ({
    because: `${provider} is a provider of sources`,
    kind: 'GitRepository' as const,
    spec: { provider },
    problems: [],
  })),
  {
    because: 'an unknown provider is refused with those that are known',
    kind: 'GitRepository',
    spec: { provider: 'gcp' },
    problems: ['spec.provider: Unsupported value: "gcp": supported values: "generic", "aws", "azure", "github"'],
  },
  {
    because: 'azure logs in as a ServiceAccount',
    kind: 'GitRepository',
    spec: { serviceAccountName: 'a', provider: 'azure' },
    problems: [],
  },
  {
    because: 'aws logs in as a ServiceAccount',
    kind: 'GitRepository',
    spec: { serviceAccountName: 'a', provider: 'aws' },
    problems: [],
  },
  ...[{}, { provider: 'generic' }, { provider: 'github' }].map((spec) => ({
    because: `a ServiceAccount needs a cloud, not ${JSON.stringify(spec)}`,
    kind: 'GitRepository' as const,
    spec: { serviceAccountName: 'a', ...spec },
    problems: ["spec: Invalid value: serviceAccountName can only be set when provider is 'azure' or 'aws'"],
  })),
  ...['head', 'HEAD', 'Tag', 'TagAndHEAD'].map((mode) => ({
    because: `${mode} is a way to verify`,
    kind: 'GitRepository' as const,
    spec: { verify: { mode, secretRef: { name: 'keys' } } },
    problems: [],
  })),
  {
    because: 'verifying needs keys and a known mode',
    kind: 'GitRepository',
    spec: { verify: { mode: 'tag' } },
    problems: [
      'spec.verify.mode: Unsupported value: "tag": supported values: "head", "HEAD", "Tag", "TagAndHEAD"',
      'spec.verify.secretRef: Required value',
    ],
  },
  {
    because: 'items of a list are named by their index',
    kind: 'GitRepository',
    spec: { include: [{ repository: { name: 'a' } }, {}, { repository: {} }] },
    problems: ['spec.include[1].repository: Required value', 'spec.include[2].repository.name: Required value'],
  },
  { because: 'a spec is needed', kind: 'GitRepository', parts: { spec: null }, problems: ['spec: Required value'] },
  {
    because: 'a spec is an object',
    kind: 'GitRepository',
    parts: { spec: 'x' },
    problems: [badType('spec', 'object', 'string')],
  },

  // Kustomization
  { because: 'the least that is needed', kind: 'Kustomization', problems: [] },
  {
    because: 'interval, prune and sourceRef are needed',
    kind: 'Kustomization',
    parts: { spec: {} },
    problems: ['spec.interval: Required value', 'spec.prune: Required value', 'spec.sourceRef: Required value'],
  },
  ...['OCIRepository', 'GitRepository', 'Bucket', 'ExternalArtifact'].map((kind) => ({
    because: `a ${kind} is a source`,
    kind: 'Kustomization' as const,
    spec: { sourceRef: { kind, name: 'a' } },
    problems: [],
  })),
  {
    because: 'a chart repository is no source',
    kind: 'Kustomization',
    spec: { sourceRef: { kind: 'HelmRepository', name: 'a' } },
    problems: [
      'spec.sourceRef.kind: Unsupported value: "HelmRepository": supported values: "OCIRepository", "GitRepository", "Bucket", "ExternalArtifact"',
    ],
  },
  { because: 'its timeout knows hours', kind: 'Kustomization', spec: { timeout: '1h', retryInterval: '2h' }, problems: [] },
  {
    because: 'the other durations are checked too',
    kind: 'Kustomization',
    spec: { timeout: 'x', retryInterval: '1' },
    problems: [badPattern('spec.timeout', 'x', duration), badPattern('spec.retryInterval', '1', duration)],
  },
  ...['MirrorPrune', 'Delete', 'WaitForTermination', 'Orphan'].map((deletionPolicy) => ({
    because: `${deletionPolicy} is a deletion policy`,
    kind: 'Kustomization' as const,
    spec: { deletionPolicy },
    problems: [],
  })),
  {
    because: 'an unknown deletion policy is refused',
    kind: 'Kustomization',
    spec: { deletionPolicy: 'Keep' },
    problems: [
      'spec.deletionPolicy: Unsupported value: "Keep": supported values: "MirrorPrune", "Delete", "WaitForTermination", "Orphan"',
    ],
  },
  {
    because: 'names are not empty',
    kind: 'Kustomization',
    spec: { namePrefix: '', nameSuffix: '', targetNamespace: '' },
    problems: [tooShort('spec.namePrefix'), tooShort('spec.nameSuffix'), tooShort('spec.targetNamespace')],
  },
  {
    because: 'names may be as long as their limits',
    kind: 'Kustomization',
    spec: { namePrefix: 'a'.repeat(200), nameSuffix: 'a'.repeat(200), targetNamespace: 'a'.repeat(63) },
    problems: [],
  },
  {
    because: 'names are not longer than their limits',
    kind: 'Kustomization',
    spec: { namePrefix: 'a'.repeat(201), nameSuffix: 'a'.repeat(201), targetNamespace: 'a'.repeat(64) },
    problems: [
      'spec.namePrefix: Too long: may not be more than 200 bytes',
      'spec.nameSuffix: Too long: may not be more than 200 bytes',
      'spec.targetNamespace: Too long: may not be more than 63 bytes',
    ],
  },
  {
    because: 'a kubeconfig comes from a Secret',
    kind: 'Kustomization',
    spec: { kubeConfig: { secretRef: { name: 'a', key: 'k' } } },
    problems: [],
  },
  {
    because: 'or a cloud login from a ConfigMap',
    kind: 'Kustomization',
    spec: { kubeConfig: { configMapRef: { name: 'a' } } },
    problems: [],
  },
  {
    because: 'one of both is needed',
    kind: 'Kustomization',
    spec: { kubeConfig: {} },
    problems: [`spec.kubeConfig: Invalid value: ${kubeConfigMessage}`],
  },
  {
    because: 'and not both',
    kind: 'Kustomization',
    spec: { kubeConfig: { secretRef: { name: 'a' }, configMapRef: { name: 'a' } } },
    problems: [`spec.kubeConfig: Invalid value: ${kubeConfigMessage}`],
  },
  {
    because: 'both annotations of kustomize are known',
    kind: 'Kustomization',
    spec: { buildMetadata: ['originAnnotations', 'transformerAnnotations'] },
    problems: [],
  },
  {
    because: 'items of a list have their values checked',
    kind: 'Kustomization',
    spec: { buildMetadata: ['originAnnotations', 'x'] },
    problems: ['spec.buildMetadata[1]: Unsupported value: "x": supported values: "originAnnotations", "transformerAnnotations"'],
  },
  {
    because: 'values of a map are text, also beneath keys with dots',
    kind: 'Kustomization',
    spec: { commonMetadata: { labels: { 'a.b/c': 1 } }, postBuild: { substitute: { flag: true } } },
    problems: [
      badType('spec.commonMetadata.labels.a.b/c', 'string', 'integer'),
      badType('spec.postBuild.substitute.flag', 'string', 'boolean'),
    ],
  },
  { because: 'null in a map is dropped', kind: 'Kustomization', spec: { commonMetadata: { labels: { a: null } } }, problems: [] },
  {
    because: 'variables come from Secrets and ConfigMaps, by name',
    kind: 'Kustomization',
    spec: {
      postBuild: {
        substituteFrom: [
          { kind: 'Secret', name: 'a' },
          { kind: 'ConfigMap', name: '' },
          { kind: 'Pod', name: 'b'.repeat(254) },
        ],
        substituteStrategy: 'Never',
      },
    },
    problems: [
      tooShort('spec.postBuild.substituteFrom[1].name'),
      'spec.postBuild.substituteFrom[2].kind: Unsupported value: "Pod": supported values: "Secret", "ConfigMap"',
      'spec.postBuild.substituteFrom[2].name: Too long: may not be more than 253 bytes',
      'spec.postBuild.substituteStrategy: Unsupported value: "Never": supported values: "WithVariables", "Always"',
    ],
  },
  {
    because: 'only sops decrypts',
    kind: 'Kustomization',
    spec: { decryption: { provider: 'age' } },
    problems: ['spec.decryption.provider: Unsupported value: "age": supported values: "sops"'],
  },
  {
    because: 'the lists of objects name what they need',
    kind: 'Kustomization',
    spec: { dependsOn: [{}], healthChecks: [{}], healthCheckExprs: [{}], images: [{}], patches: [{}], ignore: [{}] },
    problems: [
      'spec.dependsOn[0].name: Required value',
      'spec.healthChecks[0].kind: Required value',
      'spec.healthChecks[0].name: Required value',
      'spec.healthCheckExprs[0].apiVersion: Required value',
      'spec.healthCheckExprs[0].current: Required value',
      'spec.images[0].name: Required value',
      'spec.patches[0].patch: Required value',
      'spec.ignore[0].paths: Required value',
    ],
  },

  {
    because: 'a map is no list, and a list no map',
    kind: 'Kustomization',
    spec: { commonMetadata: { labels: [], annotations: 'a=b' }, patches: {}, prune: 1, force: null, images: [['a']] },
    problems: [
      badType('spec.commonMetadata.labels', 'object', 'array'),
      badType('spec.commonMetadata.annotations', 'object', 'string'),
      badType('spec.patches', 'array', 'object'),
      badType('spec.prune', 'boolean', 'integer'),
      badType('spec.images[0]', 'object', 'array'),
    ],
  },

  // ImageRepository
  { because: 'the least that is needed', kind: 'ImageRepository', problems: [] },
  {
    because: 'image and interval are needed',
    kind: 'ImageRepository',
    parts: { spec: {} },
    problems: ['spec.image: Required value', 'spec.interval: Required value'],
  },
  { because: 'an empty image passes here and fails at the run', kind: 'ImageRepository', spec: { image: '' }, problems: [] },
  {
    because: 'its timeout knows no hours',
    kind: 'ImageRepository',
    spec: { timeout: '1h' },
    problems: [badPattern('spec.timeout', '1h', durationWithoutHours)],
  },
  {
    because: 'its providers are others than those of sources',
    kind: 'ImageRepository',
    spec: { provider: 'github' },
    problems: ['spec.provider: Unsupported value: "github": supported values: "generic", "aws", "azure", "gcp"'],
  },
  {
    because: '25 exclusions and a name of 253 letters are allowed',
    kind: 'ImageRepository',
    spec: { exclusionList: Array(25).fill('x'), serviceAccountName: 'a'.repeat(253) },
    problems: [],
  },
  {
    because: 'one more of either is not',
    kind: 'ImageRepository',
    spec: { exclusionList: Array(26).fill('x'), serviceAccountName: 'a'.repeat(254) },
    problems: [
      'spec.exclusionList: Too many: 26: must have at most 25 items',
      'spec.serviceAccountName: Too long: may not be more than 253 bytes',
    ],
  },
  {
    because: 'an empty selector grants access to all',
    kind: 'ImageRepository',
    spec: { accessFrom: { namespaceSelectors: [{}] } },
    problems: [],
  },
  {
    because: 'granting access needs selectors',
    kind: 'ImageRepository',
    spec: { accessFrom: {} },
    problems: ['spec.accessFrom.namespaceSelectors: Required value'],
  },

  // ImagePolicy
  { because: 'the least that is needed', kind: 'ImagePolicy', problems: [] },
  {
    because: 'the image and a policy are needed',
    kind: 'ImagePolicy',
    parts: { spec: {} },
    problems: ['spec.imageRepositoryRef: Required value', 'spec.policy: Required value'],
  },
  { because: 'an empty policy passes here and fails at the run', kind: 'ImagePolicy', spec: { policy: {} }, problems: [] },
  {
    because: 'a range is needed',
    kind: 'ImagePolicy',
    spec: { policy: { semver: {} } },
    problems: ['spec.policy.semver.range: Required value'],
  },
  {
    because: 'an order is asc or desc',
    kind: 'ImagePolicy',
    spec: { policy: { alphabetical: { order: 'up' }, numerical: { order: 'down' } } },
    problems: [
      'spec.policy.alphabetical.order: Unsupported value: "up": supported values: "asc", "desc"',
      'spec.policy.numerical.order: Unsupported value: "down": supported values: "asc", "desc"',
    ],
  },
  {
    because: 'Always has an interval',
    kind: 'ImagePolicy',
    spec: { digestReflectionPolicy: 'Always', interval: '1m' },
    problems: [],
  },
  { because: 'IfNotPresent has none', kind: 'ImagePolicy', spec: { digestReflectionPolicy: 'IfNotPresent' }, problems: [] },
  {
    because: 'Always needs an interval',
    kind: 'ImagePolicy',
    spec: { digestReflectionPolicy: 'Always' },
    problems: ["spec: Invalid value: spec.interval must be set when spec.digestReflectionPolicy is set to 'Always'"],
  },
  ...[{}, { digestReflectionPolicy: 'Never' }, { digestReflectionPolicy: 'IfNotPresent' }].map((spec) => ({
    because: `an interval needs Always, not ${JSON.stringify(spec)}`,
    kind: 'ImagePolicy' as const,
    spec: { interval: '1m', ...spec },
    problems: ["spec: Invalid value: spec.interval is only accepted when spec.digestReflectionPolicy is set to 'Always'"],
  })),
  {
    because: 'an unknown digest policy is refused',
    kind: 'ImagePolicy',
    spec: { digestReflectionPolicy: 'Sometimes' },
    problems: [
      'spec.digestReflectionPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"',
    ],
  },

  // ImageUpdateAutomation
  { because: 'the least that is needed', kind: 'ImageUpdateAutomation', problems: [] },
  {
    because: 'kind and strategy may be null, they have defaults',
    kind: 'ImageUpdateAutomation',
    spec: { sourceRef: { name: 'a', kind: null }, update: { strategy: null } },
    problems: [],
  },
  {
    because: 'interval and source are needed',
    kind: 'ImageUpdateAutomation',
    parts: { spec: {} },
    problems: ['spec.interval: Required value', 'spec.sourceRef: Required value'],
  },
  {
    because: 'only git repositories are written, only by setters',
    kind: 'ImageUpdateAutomation',
    spec: { sourceRef: { kind: 'Bucket', name: 'a' }, update: { strategy: 'Patch' } },
    problems: [
      'spec.sourceRef.kind: Unsupported value: "Bucket": supported values: "GitRepository"',
      'spec.update.strategy: Unsupported value: "Patch": supported values: "Setters"',
    ],
  },
  {
    because: 'git needs a commit, the commit an author, the author an address',
    kind: 'ImageUpdateAutomation',
    spec: { git: { checkout: {}, commit: { author: {} } } },
    problems: ['spec.git.checkout.ref: Required value', 'spec.git.commit.author.email: Required value'],
  },
  {
    because: 'a signing key is in a Secret and of a known type',
    kind: 'ImageUpdateAutomation',
    spec: { git: { commit: { author, signingKey: { type: 'x509' } } } },
    problems: [
      'spec.git.commit.signingKey.secretRef: Required value',
      'spec.git.commit.signingKey.type: Unsupported value: "x509": supported values: "gpg", "ssh"',
    ],
  },
  {
    because: 'a selector may have expressions',
    kind: 'ImageUpdateAutomation',
    spec: { policySelector: { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'c', operator: 'In', values: ['d'] }] } },
    problems: [],
  },
  {
    because: 'an expression needs a key and an operator',
    kind: 'ImageUpdateAutomation',
    spec: { policySelector: { matchExpressions: [{}] } },
    problems: [
      'spec.policySelector.matchExpressions[0].key: Required value',
      'spec.policySelector.matchExpressions[0].operator: Required value',
    ],
  },
];
