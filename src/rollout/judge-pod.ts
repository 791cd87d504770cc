import { isLandedImage, type LandedImage, parseImageText } from './image.ts';
import { type Container, type ContainerStatus, conditionOf, containersOf, isReadyPod, type Pod } from './pod.ts';
import { judgePullFailure } from './pull-failure.ts';

/** A fact that speaks against an image, found at a container that runs it. */
export interface Evidence {
  readonly kind: 'Restarts' | 'MissingImage' | 'NotReady';
  readonly message: string;
}

/** How one pod does that has a container of the image. */
export interface PodJudgement {
  readonly pod: string;
  readonly ready: boolean;
  /** What the container runs, where pod or runtime say so. */
  readonly digest: string | null;
  /** Enough by itself to speak against the image. */
  readonly evidence: Evidence | null;
  /** The container runs or ran, and is not ready: speaks against the image once a deadline has passed. */
  readonly started: Evidence | null;
  /** Something that is not the image's doing keeps the pod from being ready. */
  readonly excuse: string | null;
}

const restartsThatCount = 3;

/** Null where no container of the pod has the image, or the pod is on its way out. */
export function judgePod(pod: Pod, image: LandedImage): PodJudgement | null {
  const own = containersOf(pod).filter(({ container }) => isLandedImage(container.image ?? '', image));
  if (own.length === 0 || pod.metadata.deletionTimestamp !== undefined) return null;
  const ready = isReadyPod(pod);
  const findings = own.map(({ container, status }) => judgeContainer(pod, container, status));
  const evidence = findings.map((finding) => finding.evidence).find((one) => one !== null) ?? null;
  const started = ready ? null : (findings.map((finding) => finding.started).find((one) => one !== null) ?? null);
  const excuse = ready
    ? null
    : (excuseOfPod(pod) ?? findings.map((finding) => finding.excuse).find((one) => one !== null) ?? null);
  return { pod: pod.metadata.name, ready, digest: digestOfPod(own), evidence, started, excuse };
}

type Finding = Pick<PodJudgement, 'evidence' | 'started' | 'excuse'>;

const nothing: Finding = { evidence: null, started: null, excuse: null };

function judgeContainer(pod: Pod, container: Container, status: ContainerStatus | undefined): Finding {
  const where = `container ${container.name} of pod ${pod.metadata.name}`;
  if (status === undefined) return { ...nothing, excuse: `${where} has not been started` };
  const restarts = status.restartCount ?? 0;
  if (restarts >= restartsThatCount)
    return { ...nothing, evidence: { kind: 'Restarts', message: `${where} was restarted ${restarts} times${lastEnd(status)}` } };
  const { waiting } = status.state ?? {};
  if (waiting === undefined || waiting.reason === 'CrashLoopBackOff') return judgeStarted(status, where);
  if (pullReasons.has(waiting.reason ?? '')) return judgePull(container, waiting.message ?? '', where);
  return { ...nothing, excuse: `${where} waits: ${waiting.reason ?? 'no reason given'}${colon(waiting.message)}` };
}

const pullReasons = new Set(['ErrImagePull', 'ImagePullBackOff', 'RegistryUnavailable', 'ErrImageNeverPull', 'InvalidImageName']);

function judgePull(container: Container, message: string, where: string): Finding {
  const text = `${where} cannot pull ${container.image ?? ''}${colon(message)}`;
  return judgePullFailure(message, container.image ?? '') === 'missing'
    ? { ...nothing, evidence: { kind: 'MissingImage', message: text } }
    : { ...nothing, excuse: text };
}

function judgeStarted(status: ContainerStatus, where: string): Finding {
  const { running, terminated, waiting } = status.state ?? {};
  if (status.ready === true || (running === undefined && terminated === undefined && waiting === undefined)) return nothing;
  if (terminated?.exitCode === 0) return nothing;
  return { ...nothing, started: { kind: 'NotReady', message: `${where} is not ready${lastEnd(status)}` } };
}

function lastEnd({ state, lastState }: ContainerStatus): string {
  const end = state?.terminated ?? lastState?.terminated;
  if (end === undefined) return '';
  const reason = end.reason === undefined ? '' : `${end.reason}, `;
  return `; it ended with ${reason}exit code ${end.exitCode ?? 'unknown'}${colon(end.message)}`;
}

/** What befell the pod as a whole. */
function excuseOfPod(pod: Pod): string | null {
  const { status = {}, metadata } = pod;
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.status === 'False')
    return `pod ${metadata.name} is not scheduled${colon(scheduled.message ?? scheduled.reason)}`;
  const disrupted = conditionOf(pod, 'DisruptionTarget');
  if (disrupted?.status === 'True') return `pod ${metadata.name} was disrupted${colon(disrupted.message ?? disrupted.reason)}`;
  // Evicted, NodeLost, Shutdown, OutOfcpu, UnexpectedAdmissionError…: only the node and the scheduler write a reason here.
  if (status.reason !== undefined && status.reason !== '')
    return `pod ${metadata.name}: ${status.reason}${colon(status.message)}`;
  if (status.phase === 'Unknown') return `the node of pod ${metadata.name} does not answer`;
  const { containerStatuses = [] } = status;
  const runs = containerStatuses.length > 0 && containerStatuses.every(({ ready }) => ready === true);
  return runs ? `pod ${metadata.name} is kept from being ready by its node or a readiness gate` : null;
}

/** Of the containers' own digests and those that the runtime resolved; null where they are unknown or differ. */
function digestOfPod(
  own: readonly { readonly container: Container; readonly status: ContainerStatus | undefined }[],
): string | null {
  const digests = own.map(({ container, status }) => {
    const pinned = parseImageText(container.image ?? '').digest;
    return pinned === '' ? parseImageText(status?.imageID ?? '').digest : pinned;
  });
  const [only = '', ...others] = new Set(digests);
  return others.length > 0 || only === '' ? null : only;
}

function colon(text: string | undefined): string {
  return text === undefined || text === '' ? '' : `: ${text.trim()}`;
}
