import type { KubeObject, Log } from '../../core/index.ts';
import { WorkQueue } from '../controllers/work-queue.ts';
import type { ObjectApi } from '../objects/object-api.ts';
import { isComplete, progressDeadline } from './describe-deployment.ts';
import { keepDaemonSet, keepReplicaSet, keepStatefulSet } from './keep-pods.ts';
import { rollDeployment } from './roll-deployment.ts';
import { runJob } from './run-job.ts';
import { runPods } from './run-pods.ts';
import { type WorkloadKind, WorkloadStore } from './workload-store.ts';

/** Whether an image can be pulled; a text is what the node says of a failure that is not a missing image. */
export type CanPull = (image: string) => Promise<boolean | string> | boolean | string;

/** What the node knows of images. */
export interface SimulatedImages {
  readonly canPull: CanPull;
  /** What the runtime resolves an image to; absent or null: pods do not tell. */
  readonly digestOf?: (image: string) => string | null;
}

type Controller = (store: WorkloadStore, object: KubeObject) => void;

const kinds: readonly WorkloadKind[] = ['deployments', 'replicasets', 'statefulsets', 'daemonsets', 'jobs'];

/** Plays the controllers and the node of a cluster: what owns pods gets them, and they run where their images can be pulled. Returns a function that ends it. */
export function simulateWorkloads(api: ObjectApi, images: SimulatedImages, log: Log): () => void {
  const store = new WorkloadStore(api);
  const queue = new WorkQueue(log);
  const deadlines = new Map<string, () => void>();
  const controllers: Readonly<Record<string, Controller>> = {
    deployments: (_, object) => rollAndWatch(store, object, deadlines, () => look('deployments', object)),
    replicasets: keepReplicaSet,
    statefulsets: keepStatefulSet,
    daemonsets: keepDaemonSet,
    jobs: runJob,
  };
  const look = (kind: WorkloadKind, { metadata: { namespace = '', name } }: Pick<KubeObject, 'metadata'>) =>
    queue.add(`${kind} ${namespace} ${name}`, () => {
      const object = store.find(kind, namespace, name);
      if (object !== null && object.metadata.deletionTimestamp === undefined) controllers[kind]?.(store, object);
    });
  const lookAtOwners = ({ metadata }: KubeObject) => {
    for (const { kind, name } of metadata.ownerReferences ?? []) {
      const owner = kinds.find((plural) => store.type(plural).kind === kind);
      if (owner !== undefined) look(owner, { metadata: { name, namespace: metadata.namespace ?? '' } });
    }
  };
  const ends = kinds.map((kind) =>
    api.table.subscribe(store.type(kind).storage, ({ type, object }) => {
      if (type !== 'DELETED') look(kind, object);
      lookAtOwners(object);
    }),
  );
  ends.push(
    api.table.subscribe(store.type('pods').storage, ({ object }) => lookAtOwners(object)),
    runPods(store, images, log),
  );
  for (const kind of kinds) for (const object of api.table.list(store.type(kind).storage)) look(kind, object);
  return () => {
    queue.stop();
    for (const end of [...ends, ...deadlines.values()]) end();
  };
}

/** A Deployment that is not done is looked at again when its time is up. */
function rollAndWatch(store: WorkloadStore, deployment: KubeObject, deadlines: Map<string, () => void>, again: () => void): void {
  const { namespace = '', name, uid = '' } = deployment.metadata;
  const counts = rollDeployment(store, deployment);
  deadlines.get(uid)?.();
  deadlines.delete(uid);
  const current = store.find('deployments', namespace, name);
  const waitMs = current === null ? Number.POSITIVE_INFINITY : progressDeadline(current) - store.api.clock.now();
  if (isComplete(counts) || !Number.isFinite(waitMs) || waitMs <= 0) return;
  deadlines.set(uid, store.api.clock.schedule(waitMs + 1, again));
}
