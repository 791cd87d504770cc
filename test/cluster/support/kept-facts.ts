import type { KubeObject, ObjectRef } from '../../../src/core/index.ts';
import { waitUntil } from '../../real/index.ts';
import { deploymentRef, kustomizationKind, type MigrationWorld } from './migration-world.ts';

export type Facts = Readonly<Record<string, unknown>>;

/** What a hand-over must not touch of applied objects: who they are, what version, and who owns which of their fields. */
export async function factsOfApplied({ cluster, get }: MigrationWorld): Promise<Facts> {
  const core = { group: '', version: 'v1' };
  const definition = { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' };
  const objects = [
    await get(deploymentRef),
    await get({ ...core, kind: 'ConfigMap', namespace: 'shop', name: 'settings' }),
    await get({ ...core, kind: 'Secret', namespace: 'shop', name: 'token' }),
    await get({ ...core, kind: 'Namespace', name: 'shop' }),
    await get({ ...definition, name: 'widgets.shop.example.com' }),
    ...(await cluster.list({ group: 'apps', version: 'v1', kind: 'ReplicaSet' }, { namespace: 'shop' })).items,
  ];
  return byName(objects, ({ metadata: { uid, generation, resourceVersion, managedFields = [] } }) => ({
    ...{ uid, generation, resourceVersion },
    owners: managedFields.map(({ manager, operation, subresource, fieldsV1 }) => [manager, operation, subresource, fieldsV1]),
  }));
}

const objectsOfFlux: readonly ObjectRef[] = [
  { group: 'source.toolkit.fluxcd.io', version: 'v1', kind: 'GitRepository', name: 'flux-system' },
  { ...kustomizationKind, name: 'flux-system' },
  { ...kustomizationKind, name: 'apps' },
  { group: 'image.toolkit.fluxcd.io', version: 'v1', kind: 'ImageRepository', name: 'web' },
  { group: 'image.toolkit.fluxcd.io', version: 'v1', kind: 'ImagePolicy', name: 'web' },
  { group: 'image.toolkit.fluxcd.io', version: 'v1', kind: 'ImageUpdateAutomation', name: 'fleet' },
].map((ref) => ({ ...ref, namespace: 'flux-system' }));

/** Asks for a fetch after its push, by annotation, as the flux CLI does. */
const asking = 'tagalong Update undefined';

/** What it must not touch of the objects of Flux's kinds, whose status goes on: all but their version. */
export async function factsOfFlux({ get }: MigrationWorld): Promise<Facts> {
  return byName(await Promise.all(objectsOfFlux.map(get)), ({ metadata, spec }) => ({
    ...{ uid: metadata.uid, generation: metadata.generation, finalizers: metadata.finalizers, spec },
    owners: (metadata.managedFields ?? [])
      .map(({ manager, operation, subresource }) => `${manager} ${operation} ${subresource}`)
      .filter((owner) => owner !== asking),
  }));
}

interface KustomizationStatus {
  readonly inventory: { readonly entries: readonly { readonly id: string }[] };
  readonly history: readonly {
    readonly digest: string;
    readonly firstReconciled: string;
    readonly totalReconciliations: number;
  }[];
}

export async function statusOf({ get }: MigrationWorld, name: string): Promise<KustomizationStatus> {
  const found = await get({ ...kustomizationKind, namespace: 'flux-system', name });
  return (found as KubeObject & { readonly status: KustomizationStatus }).status;
}

export async function inventoryOf(world: MigrationWorld, name: string): Promise<string[]> {
  return (await statusOf(world, name)).inventory.entries.map(({ id }) => id).toSorted();
}

/** Each build with when it first came: what is there once stays. */
export async function historyOf(world: MigrationWorld, name: string): Promise<string[]> {
  return (await statusOf(world, name)).history.map(({ digest, firstReconciled }) => `${firstReconciled} ${digest}`);
}

/** Two looks that agree: nothing is on its way any more. */
export async function settled(world: MigrationWorld): Promise<Facts> {
  let before = '';
  const rests = async () => {
    const [now, last] = [JSON.stringify(await factsOfApplied(world)), before];
    before = now;
    return now === last;
  };
  await waitUntil('the objects to rest', rests, { everyMs: 1500, timeoutMs: 90_000 });
  return JSON.parse(before);
}

function byName(objects: readonly KubeObject[], facts: (object: KubeObject) => unknown): Facts {
  const entries = objects.map((object) => [`${object.kind} ${object.metadata.name}`, facts(object)]);
  return JSON.parse(JSON.stringify(Object.fromEntries(entries)));
}
