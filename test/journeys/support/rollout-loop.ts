import type { Rollout } from '../../../src/api/index.ts';
import { type KubeObject, parseApiVersion } from '../../../src/core/index.ts';
import { deployment, kustomization, updateGuard } from './resources.ts';
import { type Loop, type LoopOptions, startLoop } from './start-loop.ts';

export interface RolloutLoopOptions extends LoopOptions {
  /** `spec` of the guard of all policies; null: nobody guards. Default: failed bumps are taken back. */
  readonly guard?: Readonly<Record<string, unknown>> | null;
  /** Images that cannot be pulled, and what the node says of them; `missing`: the registry has no such thing. */
  readonly broken?: Map<string, string>;
  /** Apply `apps/` by a Kustomization `apps`; default: yes. */
  readonly applies?: boolean;
  /** What has to run before the test begins, as `name:tag`. Default: every image at its first tag. */
  readonly waitsFor?: readonly string[];
}

/** A loop with a cluster that runs what is applied. */
export interface RolloutLoop extends Loop {
  /** Images that cannot be pulled; may be changed at any time. Keyed by what an image ends with. */
  readonly broken: Map<string, string>;
  rollouts(): Promise<Rollout[]>;
  /** Waits until the rollout of this policy and tag is in a phase. */
  phase(policy: string, tag: string, phase: string): Promise<Rollout>;
  /** Waits until the Deployment runs this tag and is available. */
  serves(name: string, tag: string): Promise<KubeObject>;
  deployment(name: string): Promise<KubeObject | null>;
}

/** Applies `apps/` of the repository; web and what else has an image runs as a Deployment. */
export async function startRolloutLoop(options: RolloutLoopOptions = {}): Promise<RolloutLoop> {
  const { images = { web: ['1.0.0'] }, guard = { onUnhealthy: 'Rollback' } } = options;
  const broken = options.broken ?? new Map<string, string>();
  const files = (host: string) =>
    Object.fromEntries(
      Object.entries(images).map(([name, [tag = '1.0.0']]) => [`apps/${name}.yaml`, deployment(name, `${host}/${name}:${tag}`)]),
    );
  const digests = new Map<string, string>();
  const onTag = (repository: string, tag: string, digest: string) => void digests.set(`${repository}:${tag}`, digest);
  const digestOf = (image: string) => digests.get(image.slice(image.indexOf('/') + 1)) ?? null;
  const loop = await startLoop({
    images,
    digestOf,
    registry: { onTag },
    files,
    canPull: (image) => judge(image, broken),
    ...options,
    extra: [
      ...(options.applies === false ? [] : [kustomization('./apps')]),
      ...(guard === null ? [] : [updateGuard(guard)]),
      ...(options.extra ?? []),
    ],
  });
  const tools = createTools(loop);
  const first = Object.entries(images).map(([name, [tag = '1.0.0']]) => `${name}:${tag}`);
  for (const wanted of options.asleep === true ? [] : (options.waitsFor ?? first)) {
    const [name = '', tag = ''] = wanted.split(':');
    await tools.serves(name, tag);
  }
  return { ...loop, ...tools, broken, [Symbol.asyncDispose]: () => loop[Symbol.asyncDispose]() };
}

/** What the node says of an image that is broken. */
export function judge(image: string, broken: ReadonlyMap<string, string>): boolean | string {
  const [, because] = [...broken].find(([ending]) => image.endsWith(ending)) ?? [];
  if (because === undefined) return true;
  return because === 'missing' ? false : because;
}

function createTools(loop: Loop): Pick<RolloutLoop, 'rollouts' | 'phase' | 'serves' | 'deployment'> {
  const rollouts = async () => {
    const { items } = await loop.cluster.list(
      { ...parseApiVersion('tagalong.dev/v1alpha1'), kind: 'Rollout' },
      { namespace: 'default' },
    );
    return items as Rollout[];
  };
  const get = (name: string) =>
    loop.cluster.get({ group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'default', name });
  return {
    rollouts,
    deployment: get,
    phase: (policy, tag, phase) =>
      loop.until(`${policy} ${tag} to be ${phase}`, async () => {
        const all = await rollouts();
        return all.find(({ spec, status }) => spec.policy.name === policy && spec.image.tag === tag && status?.phase === phase);
      }),
    serves: (name, tag) =>
      loop.until(`${name} to run ${tag}`, async () => {
        const found = await get(name);
        const { spec, status } = (found ?? {}) as {
          spec?: { template: { spec: { containers: { image: string }[] } } };
          status?: { updatedReplicas?: number; availableReplicas?: number; replicas?: number };
        };
        const isIt = spec?.template.spec.containers[0]?.image.endsWith(`:${tag}`) === true;
        return isIt && status?.updatedReplicas === 1 && status.availableReplicas === 1 && status.replicas === 1 && found;
      }),
  };
}
