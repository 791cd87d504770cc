import { z } from 'zod';
import { duration, flag, integer, localReference, text, textMap, texts, time } from './field.ts';
import type { ResourceOf } from './object-meta.ts';
import { withRules } from './rule.ts';
import { commonStatus } from './status-field.ts';

export const kustomizationKind = {
  group: 'kustomize.toolkit.fluxcd.io',
  version: 'v1',
  kind: 'Kustomization',
  plural: 'kustomizations',
} as const;

const sourceRefSchema = z
  .object({
    apiVersion: text('Not used; the kind decides.').optional(),
    kind: z.enum(['OCIRepository', 'GitRepository', 'Bucket', 'ExternalArtifact']).describe('Kind of the source.'),
    name: text('Name of the source.'),
    namespace: text('Namespace of the source; by default the one of this resource.').optional(),
  })
  .describe('Where the manifests come from.');

const dependencySchema = z
  .object({
    name: text('Name of the Kustomization.'),
    namespace: text('Namespace of the Kustomization; by default the one of this resource.').optional(),
    readyExpr: text('CEL over self and dep that tells whether the dependency is ready, in place of its conditions.').optional(),
  })
  .describe('A Kustomization that must be ready first.');

const selectorSchema = (description: string) =>
  z
    .object({
      group: text('API group, as a regular expression.').optional(),
      version: text('API version, as a regular expression.').optional(),
      kind: text('Kind, as a regular expression.').optional(),
      namespace: text('Namespace, as a regular expression.').optional(),
      name: text('Name, as a regular expression.').optional(),
      labelSelector: text('Selector over the labels, in the form of kubectl.').optional(),
      annotationSelector: text('Selector over the annotations, in the form of kubectl.').optional(),
    })
    .describe(description);

const healthCheckSchema = z
  .object({
    apiVersion: text('API version of the object; by default apps/v1.').optional(),
    kind: text('Kind of the object.'),
    name: text('Name of the object.'),
    namespace: text('Namespace of the object.').optional(),
  })
  .describe('An object whose health is waited for.');

const healthCheckExpressionSchema = z
  .object({
    apiVersion: text('API version of the kind; only its group counts.'),
    kind: text('The kind; by default all of the group.').optional(),
    current: text('CEL over the object: it is healthy.'),
    inProgress: text('CEL over the object: it is on its way.').optional(),
    failed: text('CEL over the object: it has failed.').optional(),
  })
  .describe('What healthy means for a kind.');

const imageSchema = z
  .object({
    name: text('The image to replace, without tag.'),
    newName: text('Name to put in its place.').optional(),
    newTag: text('Tag to put in its place.').optional(),
    digest: text('Digest to put in its place; wins over newTag.').optional(),
  })
  .describe('A replacement for an image.');

const patchSchema = z
  .object({
    patch: text('A strategic merge patch or a JSON patch, as YAML.'),
    target: selectorSchema('The objects to patch; by default the one that the patch names.').optional(),
  })
  .describe('A change to built objects.');

const kubeConfigSchema = withRules(
  z.object({
    configMapRef: localReference('ConfigMap that describes a cloud login: provider, cluster, address and others.').optional(),
    secretRef: z
      .object({
        name: text('Name of the Secret.'),
        key: text('Key that holds the kubeconfig; by default value, then value.yaml.').optional(),
      })
      .describe('Secret with a kubeconfig.')
      .optional(),
  }),
  'The cluster to apply to; by default the one where this resource is.',
  [
    {
      rule: 'has(self.configMapRef) || has(self.secretRef)',
      message: 'exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified',
      holds: ({ configMapRef, secretRef }) => configMapRef !== undefined || secretRef !== undefined,
    },
    {
      rule: '!has(self.configMapRef) || !has(self.secretRef)',
      message: 'exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified',
      holds: ({ configMapRef, secretRef }) => configMapRef === undefined || secretRef === undefined,
    },
  ],
);

const substituteReferenceSchema = z
  .object({
    kind: z.enum(['Secret', 'ConfigMap']).describe('Kind of the object that holds variables.'),
    name: z.string().min(1).max(253).describe('Its name, in the same namespace.'),
    optional: flag('Go on without it where it is absent.').default(false),
  })
  .describe('An object whose data are variables.');

const postBuildSchema = z
  .object({
    substitute: textMap('Variables by name; they win over those of substituteFrom.').optional(),
    substituteFrom: z.array(substituteReferenceSchema).describe('Objects that hold variables; later ones win.').optional(),
    substituteStrategy: z
      .enum(['WithVariables', 'Always'])
      .describe('Whether to substitute where no variable is given; by default not (WithVariables).')
      .optional(),
  })
  .describe('Replaces variables in what was built.');

const decryptionSchema = z
  .object({
    provider: z.enum(['sops']).describe('What the manifests are encrypted with.'),
    secretRef: localReference('Secret with the keys.').optional(),
    serviceAccountName: text('ServiceAccount to log in to a cloud’s key service as.').optional(),
  })
  .describe('How to decrypt manifests.');

const ignoreSchema = z
  .object({
    paths: texts('JSON pointers of the fields.'),
    target: selectorSchema('The objects; by default all.').optional(),
  })
  .describe('Fields that others own: their changes are no drift.');

const name = (description: string, maximum: number) => z.string().min(1).max(maximum).describe(description);

export const kustomizationSpecSchema = z
  .object({
    sourceRef: sourceRefSchema,
    path: text('Directory of the artifact to build; by default its root.').optional(),
    interval: duration('How often to reconcile, unless something else asks first.'),
    retryInterval: duration('How long to wait after a failure; by default the interval.').optional(),
    timeout: duration('Deadline for health and for requests; by default the interval less 30s.').optional(),
    prune: flag('Delete objects that are no longer in the artifact.'),
    deletionPolicy: z
      .enum(['MirrorPrune', 'Delete', 'WaitForTermination', 'Orphan'])
      .describe('What becomes of the objects when this resource is deleted; by default as prune says (MirrorPrune).')
      .optional(),
    dependsOn: z.array(dependencySchema).describe('Kustomizations that must be ready first.').optional(),
    wait: flag('Ready only once all applied objects are healthy.').optional(),
    healthChecks: z
      .array(healthCheckSchema)
      .describe('Ready only once these are healthy; not used where wait is true.')
      .optional(),
    healthCheckExprs: z.array(healthCheckExpressionSchema).describe('What healthy means for further kinds.').optional(),
    force: flag('Delete and make anew an object whose change is refused as immutable.').default(false),
    suspend: flag('Do nothing until this is false again.').optional(),
    serviceAccountName: text('ServiceAccount to apply as.').optional(),
    kubeConfig: kubeConfigSchema.optional(),
    targetNamespace: name('Namespace to put all objects in.', 63).optional(),
    namePrefix: name('Text to put before all names.', 200).optional(),
    nameSuffix: name('Text to put after all names.', 200).optional(),
    commonMetadata: z
      .object({
        annotations: textMap('Annotations of all objects.').optional(),
        labels: textMap('Labels of all objects.').optional(),
      })
      .describe('Labels and annotations that all objects get.')
      .optional(),
    images: z.array(imageSchema).describe('Replacements for images, one a name.').optional(),
    patches: z.array(patchSchema).describe('Changes to built objects.').optional(),
    components: texts('Directories of kustomize components, relative to the path.').optional(),
    ignoreMissingComponents: flag('Go on without the components whose directory is absent.').optional(),
    buildMetadata: z
      .array(z.enum(['originAnnotations', 'transformerAnnotations']))
      .describe('What kustomize annotates built objects with.')
      .optional(),
    decryption: decryptionSchema.optional(),
    postBuild: postBuildSchema.optional(),
    ignore: z.array(ignoreSchema).describe('Fields whose drift is not corrected.').optional(),
  })
  .describe('Which manifests to apply, where, and when they count as ready.');

const inventorySchema = z
  .object({
    entries: z
      .array(
        z
          .object({ id: text('Namespace, name, group and kind, joined by underscores.'), v: text('API version.') })
          .describe('An object that was applied.'),
      )
      .describe('The objects.'),
  })
  .describe('What was applied, and is pruned when it leaves the artifact.');

const snapshotSchema = z
  .object({
    digest: text('Digest of what was built.'),
    firstReconciled: time('When it was first applied.'),
    lastReconciled: time('When it was last applied.'),
    lastReconciledDuration: text('How long that took.'),
    lastReconciledStatus: text('Reason of the condition Ready afterwards.'),
    totalReconciliations: integer('How often it was applied.'),
    metadata: textMap('Further facts, such as the revision.').optional(),
  })
  .describe('One build that was applied.');

export const kustomizationStatusSchema = z
  .object({
    ...commonStatus,
    inventory: inventorySchema.optional(),
    history: z.array(snapshotSchema).describe('The last five builds, newest first.').optional(),
    lastAppliedRevision: text('The last revision that was applied and healthy.').optional(),
    lastAppliedOriginRevision: text('The revision that the artifact itself was made from.').optional(),
    lastAttemptedRevision: text('The last revision whose application was tried.').optional(),
  })
  .describe('What was last applied.');

export type KustomizationSpec = z.output<typeof kustomizationSpecSchema>;
export type KustomizationStatus = z.output<typeof kustomizationStatusSchema>;
export type Kustomization = ResourceOf<'Kustomization', KustomizationSpec, KustomizationStatus>;
