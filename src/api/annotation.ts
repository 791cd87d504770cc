/** The finalizer on every object that is reconciled. */
export const finalizer = 'finalizers.fluxcd.io';

/** Any new value asks for a reconcile at once; the value handled last stands in `status.lastHandledReconcileAt`. */
export const requestedAtAnnotation = 'reconcile.fluxcd.io/requestedAt';

/** Only with the same value as `requestedAt`: known from Flux's Helm and image automation. */
export const forceAtAnnotation = 'reconcile.fluxcd.io/forceAt';
export const resetAtAnnotation = 'reconcile.fluxcd.io/resetAt';

/** Annotations that change while things run and are never drift. */
export const reconcileAnnotationPrefix = 'reconcile.fluxcd.io/';
export const tagalongAnnotationPrefix = 'tagalong.dev/';

/** Annotations of an object with this prefix are copied into its events. */
export const eventAnnotationPrefix = 'event.toolkit.fluxcd.io/';

/** Labels of applied objects that name their Kustomization. */
export const ownerNameLabel = 'kustomize.toolkit.fluxcd.io/name';
export const ownerNamespaceLabel = 'kustomize.toolkit.fluxcd.io/namespace';

/** On applied objects, as annotation or label; the values count in any case of letters. */
export const pruneAnnotation = 'kustomize.toolkit.fluxcd.io/prune';
export const reconcileAnnotation = 'kustomize.toolkit.fluxcd.io/reconcile';
export const ssaAnnotation = 'kustomize.toolkit.fluxcd.io/ssa';
export const forceAnnotation = 'kustomize.toolkit.fluxcd.io/force';
export const substituteAnnotation = 'kustomize.toolkit.fluxcd.io/substitute';
export const decryptAnnotation = 'kustomize.toolkit.fluxcd.io/decrypt';

/** What events tell of the revision and the digest that they are about, after the group of their kind. */
export const revisionEventKey = 'revision';
export const digestEventKey = 'digest';

/** On an ImageUpdateAutomation: `rebump` writes a reverted version again; by default (`hold`) it is held. */
export const onRevertAnnotation = 'tagalong.dev/on-revert';
/** On an ImageUpdateAutomation: `run` makes one commit a run; by default (`policy`) one a policy. */
export const commitPerAnnotation = 'tagalong.dev/commit-per';
/** On an ImageUpdateAutomation: which hold `tagalong release` lifted. */
export const releaseAnnotation = 'tagalong.dev/release';
/** On an ImageUpdateAutomation: `true` delivers bumps as pull requests (merge requests) instead of pushing them to the checkout branch. */
export const pullRequestAnnotation = 'tagalong.dev/pull-request';
/** On an ImageUpdateAutomation: `policy` opens one request a policy; by default (`automation`) one for all. */
export const pullRequestPerAnnotation = 'tagalong.dev/pull-request-per';
/** On an ImageUpdateAutomation: Go templates of a request's title and body, with the data of commit messages. */
export const pullRequestTitleAnnotation = 'tagalong.dev/pull-request-title';
export const pullRequestBodyAnnotation = 'tagalong.dev/pull-request-body';
/** On an ImageUpdateAutomation: how the forge may merge a request by itself, once its own rules let it. */
export const autoMergeAnnotation = 'tagalong.dev/auto-merge';
/** On an ImageUpdateAutomation: which forge the repository is on, where its host does not tell, and where its API is. */
export const forgeAnnotation = 'tagalong.dev/forge';
export const forgeUrlAnnotation = 'tagalong.dev/forge-url';
/** On an ImageUpdateAutomation: a Secret of its namespace with the token for the forge's API; by default the one of the GitRepository. */
export const forgeSecretAnnotation = 'tagalong.dev/forge-secret';
/** On an ImageUpdateAutomation: `forge` makes commits through the forge's API, which signs them itself; by default `git`. */
export const commitViaAnnotation = 'tagalong.dev/commit-via';
/** On an ImagePolicy: the policies of one group land together or not at all. */
export const groupAnnotation = 'tagalong.dev/group';
/** On a GitRepository: namespaces (separated by commas, or `*`) whose automations may write with its credentials. */
export const writeFromAnnotation = 'tagalong.dev/write-from';
/** On an ImagePolicy: `true` lets git go to an older version. */
export const allowDowngradeAnnotation = 'tagalong.dev/allow-downgrade';
/** On an ImagePolicy: `natural` orders the pre-release `rc10` after `rc9`; by default (`semver`) before it. */
export const preReleaseOrderAnnotation = 'tagalong.dev/pre-release-order';
/** On an ImagePolicy: `any` takes versions of one to eight parts; by default (`three`) of three alone. */
export const versionPartsAnnotation = 'tagalong.dev/version-parts';
/** On an ImageRepository: the checksum of a listing that lost tags and that a person confirmed. */
export const acceptListingAnnotation = 'tagalong.dev/accept-listing';
/** On an ImagePolicy or a Namespace: `required` lets nothing land that no UpdateGuard selects. */
export const guardAnnotation = 'tagalong.dev/guard';
/** On an ImageUpdateAutomation: which bumps a person lands past the guards, written by `tagalong land`; read by `parseLandTokens`. */
export const landAnnotation = 'tagalong.dev/land';
/** On an ImageUpdateAutomation or an UpdateGuard: what a person asks the bot to commit; and on the former, the bot's answer. */
export const requestAnnotation = 'tagalong.dev/request';
export const answerAnnotation = 'tagalong.dev/answer';
/** On an ImageUpdateAutomation: how many Rollouts of it are kept; by default 20. */
export const rolloutHistoryAnnotation = 'tagalong.dev/rollout-history';
/** On a Kustomization: the revision and set whose large prune a person confirmed. */
export const confirmPruneAnnotation = 'tagalong.dev/confirm-prune';
/** On an ImageUpdateAutomation or a Kustomization: nothing is committed or applied before this time (RFC 3339); and why. */
export const pausedUntilAnnotation = 'tagalong.dev/paused-until';
export const pauseReasonAnnotation = 'tagalong.dev/pause-reason';
/** On an ImageUpdateAutomation: `observer` plans and says what it would do, and writes nothing to git; by default `writer`. */
export const roleAnnotation = 'tagalong.dev/role';

/** Marks what belongs to an installation, so that the flux CLI finds it. */
export const partOfLabel = 'app.kubernetes.io/part-of';
export const versionLabel = 'app.kubernetes.io/version';
