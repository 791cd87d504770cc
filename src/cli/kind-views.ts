import {
  type Bucket,
  type ExternalArtifact,
  findCondition,
  type GitRepository,
  type ImagePolicy,
  type ImageRepository,
  type ImageUpdateAutomation,
  type Kustomization,
  type OciRepository,
  type Receiver,
  type ResourceByKind,
  type Rollout,
  type ServedKind,
  servedKinds,
  type UpdateGuard,
} from '../api/index.ts';
import { formatDuration, formatImageRef, type KubeObject } from '../core/index.ts';
import { type KindWords, wordsOf } from './kind-words.ts';

/** How a kind is shown: its columns between the name and READY, and what is said when a run of it went well. */
export interface KindView {
  readonly served: ServedKind;
  readonly words: KindWords;
  readonly columns: readonly Column[];
  /** Whether long hex is cut to eight digits, as flux does for sources and what is applied from them. */
  readonly shortensHex: boolean;
  describeSuccess(object: KubeObject): string;
}

interface Column {
  readonly header: string;
  cell(object: KubeObject): string;
}

/** The view of each kind, in the order in which a change travels. */
export const kindViews: readonly KindView[] = servedKinds.map((served) => ({
  served,
  words: wordsOf(served.kind),
  ...partsOf(served.kind),
}));

export function viewOf(kind: ServedKind['kind']): KindView {
  const view = kindViews.find(({ served }) => served.kind === kind);
  if (view === undefined) throw new TypeError(`no view for ${kind}`);
  return view;
}

/** What `Ready` says, in flux's words where there is none yet. */
export function readyOf(object: KubeObject): { readonly status: string; readonly reason: string; readonly message: string } {
  const ready = conditionOf(object, 'Ready');
  return ready ?? { status: 'False', reason: '', message: 'waiting to be reconciled' };
}

export function conditionOf(object: KubeObject, type: string) {
  return findCondition((object as ResourceByKind[ServedKind['kind']]).status?.conditions, type);
}

export function isSuspended(object: KubeObject): boolean {
  return (object['spec'] as { suspend?: boolean } | undefined)?.suspend === true;
}

type ViewParts = Omit<KindView, 'served' | 'words'>;

function partsOf(kind: ServedKind['kind']): ViewParts {
  switch (kind) {
    case 'GitRepository':
      return view<GitRepository>(
        { REVISION: revisionOfSource },
        true,
        (object) => `fetched revision ${revisionOfSource(object)}`,
      );
    case 'OCIRepository':
    case 'Bucket':
      return view<OciRepository | Bucket>(
        { REVISION: revisionOfSource },
        true,
        (object) => `fetched revision ${revisionOfSource(object)}`,
      );
    case 'ExternalArtifact':
      return externalView();
    case 'Kustomization':
      return view<Kustomization>({ REVISION: appliedRevision }, true, (object) => `applied revision ${appliedRevision(object)}`);
    case 'ImageRepository':
      return view<ImageRepository>(
        { 'LAST SCAN': ({ status }) => status?.lastScanResult?.scanTime ?? '' },
        false,
        ({ status }) => `scan fetched ${status?.lastScanResult?.tagCount ?? 0} tags`,
      );
    case 'ImagePolicy':
      return policyView();
    case 'ImageUpdateAutomation':
      return view<ImageUpdateAutomation>(
        { 'LAST RUN': ({ status }) => status?.lastAutomationRunTime ?? '' },
        false,
        (object) => readyOf(object).message,
      );
    case 'Receiver':
      return view<Receiver>({ URL: urlOfReceiver }, false, ({ status }) => `generated webhook URL ${status?.webhookPath ?? ''}`);
    case 'UpdateGuard':
      return guardView();
    case 'Rollout':
      return rolloutView();
    default:
      return kind satisfies never;
  }
}

/** Nobody can suspend it here, and flux says what it was made from. */
function externalView(): ViewParts {
  const { columns, ...parts } = view<ExternalArtifact>(
    { REVISION: revisionOfSource, SOURCE: ({ spec }) => describeProducer(spec) },
    true,
    (object) => `fetched revision ${revisionOfSource(object)}`,
  );
  return { ...parts, columns: columns.filter(({ header }) => header !== 'SUSPENDED') };
}

function describeProducer({ sourceRef }: ExternalArtifact['spec'] = {}): string {
  if (sourceRef === undefined) return '';
  const { kind, name, namespace } = sourceRef;
  return namespace === undefined ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}

function urlOfReceiver({ status }: Receiver): string {
  const listening = findCondition(status?.conditions, 'Listening');
  return listening?.status === 'True' ? listening.message : (status?.webhookPath ?? '');
}

function policyView(): ViewParts {
  const { columns, ...parts } = view<ImagePolicy>(
    { IMAGE: ({ status }) => status?.latestRef?.name ?? '', TAG: ({ status }) => status?.latestRef?.tag ?? '' },
    false,
    ({ status }) =>
      `selected ref ${status?.latestRef === undefined ? '' : formatImageRef({ ...status.latestRef, digest: status.latestRef.digest ?? '' })}`,
  );
  return { ...parts, columns: columns.filter(({ header }) => header !== 'SUSPENDED') };
}

/** How long until the first of these times, in whole minutes; '' where there is none. */
function nextIn(times: readonly string[], now: number): string {
  if (times.length === 0) return '';
  const leftMs = Math.min(...times.map((time) => Date.parse(time))) - now;
  return leftMs <= 0 ? 'now' : formatDuration(Math.ceil(leftMs / 60_000) * 60_000).replace(/0s$/, '');
}

function guardView(): ViewParts {
  const { columns, ...parts } = view<UpdateGuard>(
    {
      SELECTS: ({ status }) => String((status?.closed ?? status?.selected)?.length ?? 0),
      WAITING: ({ status }) => String(status?.guarded?.length ?? 0),
      'NEXT IN': ({ status }) =>
        nextIn(
          (status?.guarded ?? []).flatMap(({ until }) => until ?? []),
          Date.now(),
        ),
    },
    false,
    (object) => readyOf(object).message,
  );
  return { ...parts, columns: columns.filter(({ header }) => header !== 'SUSPENDED') };
}

function rolloutView(): ViewParts {
  const { columns, ...parts } = view<Rollout>(
    {
      POLICY: ({ spec }) => spec.policy.name,
      FROM: ({ spec }) => spec.image.previousTag ?? '',
      TAG: ({ spec }) => spec.image.tag,
      COMMIT: ({ spec }) => spec.commit.slice(0, 7),
      PHASE: ({ status }) => status?.phase ?? '',
    },
    false,
    (object) => readyOf(object).message,
  );
  return { ...parts, columns: columns.filter(({ header }) => header !== 'SUSPENDED') };
}

function revisionOfSource({ status }: GitRepository | OciRepository | Bucket | ExternalArtifact): string {
  return status?.artifact?.revision ?? '';
}

function appliedRevision({ status }: Kustomization): string {
  return status?.lastAppliedRevision ?? '';
}

function view<Resource extends KubeObject>(
  own: Readonly<Record<string, (object: Resource) => string>>,
  shortensHex: boolean,
  describeSuccess: (object: Resource) => string,
): ViewParts {
  // An object is only ever shown by the view of its own kind.
  const columns = Object.entries(own).map(([header, cell]) => ({
    header,
    cell: (object: KubeObject) => cell(object as Resource),
  }));
  const suspended = { header: 'SUSPENDED', cell: (object: KubeObject) => (isSuspended(object) ? 'True' : 'False') };
  return { columns: [...columns, suspended], shortensHex, describeSuccess: (object) => describeSuccess(object as Resource) };
}
