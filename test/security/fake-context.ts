import type { ImagePolicy, ImageUpdateAutomation, Receiver, UpdateGuard } from '../../src/api/index.ts';
import { type Cluster, type KubeObject, type ObjectRef, systemClock, TagalongError } from '../../src/core/index.ts';
import type { Guard } from '../../src/guard/index.ts';
import { readSource } from '../../src/reconcilers/automation-source.ts';
import { checkRequirements } from '../../src/reconcilers/guard-requirements.ts';
import { readRepository } from '../../src/reconcilers/policy-repository.ts';
import { createReceiverReconciler } from '../../src/reconcilers/receiver.ts';

export interface Reach {
  /** `accessFrom` of the ImageRepository. */
  readonly grants?: readonly Readonly<Record<string, string>>[];
  /** `tagalong.dev/write-from` of the GitRepository. */
  readonly from?: string;
  /** With `--no-cross-namespace-refs`. */
  readonly locked?: boolean;
}

type Answer = 'reached' | string;

/** Steps of the reconcilers, over an API that has what they ask for. */
export function createFakeContext() {
  const signal = new AbortController().signal;
  const context = { signal, clock: systemClock } as never;
  return {
    reach: {
      policy: (policy: ImagePolicy, { grants, locked = false }: Reach) =>
        answer(
          readRepository(
            policy,
            { signal },
            {
              cluster: clusterWith({
                spec:
                  grants === undefined
                    ? {}
                    : { accessFrom: { namespaceSelectors: grants.map((matchLabels) => ({ matchLabels })) } },
              }),
              findRepository: () => undefined,
              noCrossNamespaceRefs: locked,
            },
          ),
        ),
      automation: (automation: ImageUpdateAutomation, { from, locked = false }: Reach) =>
        answer(
          readSource(automation, context, {
            cluster: clusterWith({ annotations: from === undefined ? {} : { 'tagalong.dev/write-from': from } }),
            noCrossNamespaceRefs: locked,
          }),
        ),
      receiver: (receiver: Receiver, { locked = false }: Reach) =>
        answer(
          createReceiverReconciler({
            cluster: clusterWith({ data: { token: 'eA==' } }),
            expressions: { check: async () => [], evaluate: async () => [], compute: async () => [], close: async () => {} },
            noCrossNamespaceRefs: locked,
          }).observe(receiver, context),
        ),
      async guard({ metadata, spec }: UpdateGuard, { locked = false }: Reach): Promise<Answer> {
        const guard = { name: { namespace: metadata.namespace ?? '', name: metadata.name }, spec } as unknown as Guard;
        const deps = {
          listRollouts: () => [],
          remotes: {} as never,
          guardNamespace: 'flux-system',
          noCrossNamespaceRefs: locked,
        };
        const reasons = await checkRequirements(
          guard,
          { image: 'web', digest: 'sha256:a' } as never,
          systemClock.now(),
          deps,
          signal,
        );
        return reasons.some(({ message }) => message.includes('such references have been blocked')) ? 'AccessDenied' : 'reached';
      },
    },
  };
}

/** Any object that is asked for is there, with these fields; namespace tenant-a has the label `team: a`. */
function clusterWith({ annotations = {}, ...fields }: Record<string, unknown>): Cluster {
  const get = async ({ group, version, kind, namespace, name }: ObjectRef): Promise<KubeObject> => ({
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind,
    metadata: {
      name,
      ...(namespace && { namespace }),
      annotations: annotations as Record<string, string>,
      labels: { team: 'a' },
    },
    ...fields,
  });
  return { get } as unknown as Cluster;
}

/** The reason that a step fails with; `reached` where it does not. */
async function answer(step: Promise<unknown>): Promise<Answer> {
  try {
    await step;
    return 'reached';
  } catch (error) {
    return error instanceof TagalongError ? (error.reason ?? error.code) : String(error);
  }
}
