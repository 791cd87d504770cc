import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  applyFieldManager,
  applyModeOf,
  cleanupPatch,
  type DriftDecision,
  decideDrift,
  differs,
  driftRecord,
  isImmutableError,
  manifestDigest,
  normaliseObject,
  withOwnerLabels,
} from '../../src/apply/index.ts';
import { createCluster } from '../../src/cluster/index.ts';
import {
  type Cluster,
  type KubeObject,
  type ObjectRef,
  refOf,
  silentLog,
  systemClock,
  type WatchEvent,
} from '../../src/core/index.ts';

export interface ApiUnderTest extends AsyncDisposable {
  readonly kubeconfigYaml: string;
}

const owner = { namespace: 'flux-system', name: 'apps' };
const asUs = { fieldManager: applyFieldManager, force: true } as const;

function configMap(name: string, data: Record<string, string> = { a: '1' }): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
}

function deployment(name: string, image = 'web:1', replicas = 2): KubeObject {
  const spec = { containers: [{ name: 'app', image, ports: [{ containerPort: 80 }] }] };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default', labels: { app: name } },
    spec: { replicas, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec } },
  };
}

const manifestOf = (object: KubeObject) => withOwnerLabels(normaliseObject(object), owner);

/** What the client and the pure planners assume of a Kubernetes API: the same tests for every one there is. */
export function describeClusterBehaviour(name: string, start: () => Promise<ApiUnderTest>): void {
  describe(name, () => {
    let api: ApiUnderTest;
    let cluster: Cluster;
    beforeAll(async () => {
      api = await start();
      const options = {
        kubeconfig: { yaml: api.kubeconfigYaml },
        userAgent: 'tagalong/test',
        clock: systemClock,
        log: silentLog,
      };
      cluster = await createCluster(options);
    });
    afterAll(async () => {
      await cluster?.close();
      await api?.[Symbol.asyncDispose]();
    });

    const read = async (object: KubeObject): Promise<KubeObject> => {
      const live = await cluster.get(refOf(object));
      if (live === null) throw new Error(`${object.kind} ${object.metadata.name} is not there`);
      return live;
    };
    const isInStep = async (manifest: KubeObject) =>
      !differs(await read(manifest), await cluster.apply(manifest, { ...asUs, dryRun: true }));

    /** Applies, lets somebody else at it, and returns what the metadata then says. */
    const driftAfter = async (manifest: KubeObject, disturb: (ref: ObjectRef) => Promise<unknown>): Promise<DriftDecision> => {
      const applied = await cluster.apply(manifest, asUs);
      const record = driftRecord(applied, applyFieldManager, manifestDigest(manifest));
      await disturb(refOf(manifest));
      const { items } = await cluster.list(refOf(manifest), {
        namespace: 'default',
        fieldSelector: `metadata.name=${manifest.metadata.name}`,
        metadataOnly: true,
      });
      const seen = items[0] ?? null;
      expect(Object.keys(seen ?? { apiVersion: '', kind: '', metadata: {} })).toEqual(['apiVersion', 'kind', 'metadata']);
      return decideDrift(record, seen, { fieldManager: applyFieldManager, owner, mode: applyModeOf(manifest, seen), manifest });
    };

    test('an object is created, read, patched and deleted', async () => {
      const created = await cluster.create(configMap('crud'), { fieldManager: 'me' });
      expect(created.metadata.uid).toBeTruthy();
      await expect(cluster.create(configMap('crud'))).rejects.toMatchObject({ code: 'ALREADY_EXISTS', reason: 'AlreadyExists' });
      const ref = refOf(created);
      expect(await cluster.patch(ref, { data: { a: null, b: '2' } }, { type: 'merge' })).toMatchObject({ data: { b: '2' } });
      await expect(cluster.delete(ref, { uid: 'somebody-else' })).rejects.toMatchObject({ code: 'CONFLICT' });
      expect(await cluster.delete(ref, { uid: created.metadata.uid ?? '', propagation: 'Background' })).toBe('deleted');
      expect(await cluster.get(ref)).toBeNull();
      expect(await cluster.delete(ref)).toBe('absent');
    });

    test('a dry run returns what would be, and changes nothing', async () => {
      const dry = await cluster.apply(manifestOf(configMap('dry')), { ...asUs, dryRun: true });
      expect(dry.metadata.uid).toBeTruthy();
      expect(await cluster.get(refOf(dry))).toBeNull();
    });

    test('a namespace that is not there is NOT_FOUND in the server’s words', async () => {
      const lost = { ...configMap('lost'), metadata: { name: 'lost', namespace: 'nowhere' } };
      await expect(cluster.apply(lost, asUs)).rejects.toMatchObject({
        code: 'NOT_FOUND',
        reason: 'NotFound',
        message: 'namespaces "nowhere" not found',
      });
    });

    test('a field that the schema does not know is refused', async () => {
      const typo = deployment('typo');
      typo['spec'] = { ...(typo['spec'] as object), replcas: 3 };
      await expect(cluster.apply(typo, asUs)).rejects.toMatchObject({
        message: expect.stringContaining('.spec.replcas: field not declared in schema'),
      });
    });

    test('what we applied is in step, whatever the server added', async () => {
      for (const object of [deployment('steady'), configMap('steady')]) {
        const manifest = manifestOf(object);
        await cluster.apply(manifest, asUs);
        expect(await isInStep(manifest)).toBe(true);
        const { resourceVersion } = (await read(manifest)).metadata;
        await cluster.apply(manifest, asUs);
        expect((await read(manifest)).metadata.resourceVersion).toBe(resourceVersion);
      }
    });

    test('our entry is what Flux’s typed client would own', async () => {
      const applied = await cluster.apply(manifestOf(deployment('owned')), asUs);
      const entry = applied.metadata.managedFields?.find(
        ({ manager, operation }) => manager === applyFieldManager && operation === 'Apply',
      );
      const spec = entry?.fieldsV1?.['f:spec'] as Record<string, unknown>;
      expect(Object.keys(spec).toSorted()).toEqual(['f:replicas', 'f:selector', 'f:strategy', 'f:template']);
      const { 'f:spec': pod } = spec['f:template'] as { 'f:spec': { 'f:containers': Record<string, object> } };
      const [container] = Object.values(pod['f:containers']);
      expect(Object.keys(container ?? {}).toSorted()).toEqual(['.', 'f:image', 'f:name', 'f:ports', 'f:resources']);
    });

    test('a change of the manifest is a difference', async () => {
      await cluster.apply(manifestOf(configMap('changed')), asUs);
      expect(await isInStep(manifestOf(configMap('changed', { a: '2' })))).toBe(false);
    });

    test('stringData is in step after a take-over', async () => {
      const secret = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 's', namespace: 'default' },
        stringData: { k: 'größe' },
      };
      await cluster.apply(manifestOf(secret), asUs);
      expect(await isInStep(manifestOf(secret))).toBe(true);
      await cluster.patch(refOf(secret), { data: { k: 'eA==' } }, { type: 'merge', fieldManager: 'somebody' });
      expect(await isInStep(manifestOf(secret))).toBe(false);
    });

    test('nobody touched it: no drift', async () => {
      expect(await driftAfter(manifestOf(deployment('calm')), async () => {})).toMatchObject({ do: 'nothing' });
    });

    test('status is no drift', async () => {
      const writeStatus = (ref: ObjectRef) =>
        cluster.patch(
          ref,
          { status: { replicas: 1, observedGeneration: 1 } },
          { type: 'merge', subresource: 'status', fieldManager: 'kube-controller-manager' },
        );
      expect(await driftAfter(manifestOf(deployment('status')), writeStatus)).toMatchObject({ do: 'nothing' });
    });

    test('a scale by hand is drift, and named', async () => {
      const scale = (ref: ObjectRef) =>
        cluster.patch(ref, { spec: { replicas: 5 } }, { type: 'merge', subresource: 'scale', fieldManager: 'kubectl' });
      expect(await driftAfter(manifestOf(deployment('scaled')), scale)).toMatchObject({
        do: 'correct',
        fields: [{ path: 'spec.replicas', manager: 'kubectl' }],
      });
    });

    test('an image set by hand is drift, and named', async () => {
      const spec = { containers: [{ name: 'app', image: 'web:2', ports: [{ containerPort: 80 }] }] };
      const setImage = (ref: ObjectRef) =>
        cluster.patch(ref, { spec: { template: { spec } } }, { type: 'merge', fieldManager: 'somebody' });
      const decision = await driftAfter(manifestOf(deployment('imaged')), setImage);
      expect(decision).toMatchObject({ do: 'correct' });
      expect(decision.do === 'correct' ? decision.fields : []).toContainEqual({
        steps: ['spec', 'template', 'spec', 'containers', '0', 'image'],
        path: 'spec.template.spec.containers[name=app].image',
        manager: 'somebody',
      });
    });

    test('a removed key is drift, and nobody’s', async () => {
      const remove = (ref: ObjectRef) => cluster.patch(ref, { data: { a: null } }, { type: 'merge', fieldManager: 'somebody' });
      expect(await driftAfter(manifestOf(configMap('emptied', { a: '1', b: '2' })), remove)).toMatchObject({
        do: 'correct',
        fields: [{ path: 'data.a', manager: null }],
      });
    });

    test('a removed owner label is drift', async () => {
      const unlabel = (ref: ObjectRef) =>
        cluster.patch(ref, { metadata: { labels: null } }, { type: 'merge', fieldManager: 'somebody' });
      expect(await driftAfter(manifestOf(configMap('unlabelled')), unlabel)).toMatchObject({ do: 'correct' });
    });

    test('a request to reconcile, as the flux CLI writes it, is no drift', async () => {
      const annotations = { 'reconcile.fluxcd.io/requestedAt': 'now' };
      const request = (ref: ObjectRef) =>
        cluster.patch(ref, { metadata: { annotations } }, { type: 'merge', fieldManager: 'kubectl-annotate' });
      expect(await driftAfter(manifestOf(configMap('requested')), request)).toMatchObject({ do: 'nothing' });
    });

    test('what somebody added with kubectl is cleaned up and then gone', async () => {
      const manifest = manifestOf(configMap('added'));
      const add = (ref: ObjectRef) =>
        cluster.patch(ref, { data: { extra: 'x' } }, { type: 'merge', fieldManager: 'kubectl-edit' });
      expect(await driftAfter(manifest, add)).toMatchObject({
        do: 'correct',
        cleanup: true,
        fields: [{ path: 'data.extra', manager: 'kubectl-edit' }],
      });
      await cluster.apply(manifest, asUs);
      expect(await read(manifest)).toMatchObject({ data: { a: '1', extra: 'x' } });
      const patch = cleanupPatch(await read(manifest));
      await cluster.patch(refOf(manifest), patch, { type: 'json', fieldManager: applyFieldManager });
      expect((await cluster.apply(manifest, asUs))['data']).toEqual({ a: '1' });
      expect(cleanupPatch(await read(manifest))).toBeNull();
    });

    test('an object that kubectl applied is taken over with what git no longer has removed', async () => {
      const before = configMap('taken', { a: '1', old: 'x' });
      before.metadata.annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
      await cluster.create(before, { fieldManager: 'kubectl-client-side-apply' });
      const manifest = manifestOf(configMap('taken'));
      await cluster.patch(refOf(manifest), cleanupPatch(await read(manifest)), { type: 'json', fieldManager: applyFieldManager });
      const applied = await cluster.apply(manifest, asUs);
      expect(applied['data']).toEqual({ a: '1' });
      expect(applied.metadata.annotations).toBeUndefined();
      expect(applied.metadata.managedFields?.map(({ manager, operation }) => `${manager} ${operation}`)).toEqual([
        `${applyFieldManager} Apply`,
      ]);
    });

    test('a clean-up of an object that changed meanwhile is refused', async () => {
      await cluster.create(configMap('raced'), { fieldManager: 'kubectl-create' });
      const patch = cleanupPatch(await read(configMap('raced')));
      await cluster.patch(refOf(configMap('raced')), { data: { b: '2' } }, { type: 'merge' });
      await expect(cluster.patch(refOf(configMap('raced')), patch, { type: 'json' })).rejects.toMatchObject({ code: 'CONFLICT' });
    });

    test('fields that cannot change are told from other refusals', async () => {
      await cluster.apply(manifestOf(deployment('fixed')), asUs);
      const reselected = deployment('fixed');
      reselected['spec'] = { ...(deployment('other')['spec'] as object) };
      const refusal = await cluster.apply(manifestOf(reselected), { ...asUs, dryRun: true }).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'INVALID', reason: 'Invalid' });
      expect(isImmutableError(refusal)).toBe(true);
      const rival = { fieldManager: 'rival', force: false } as const;
      const conflict = await cluster.apply(manifestOf(deployment('fixed', 'web:2')), rival).catch((error: unknown) => error);
      expect(conflict).toMatchObject({ code: 'CONFLICT', causes: [{ reason: 'FieldManagerConflict' }] });
      expect(isImmutableError(conflict)).toBe(false);
    });

    test('a watch by label tells of all that happens, metadata alone', async () => {
      const stop = new AbortController();
      const told: string[] = [];
      const done: Promise<unknown>[] = [];
      const labelSelector = 'watched=yes';
      const labelled = (data: Record<string, string>): KubeObject => {
        const object = configMap('watched', data);
        return { ...object, metadata: { ...object.metadata, labels: { watched: 'yes' } } };
      };
      const steps = [
        () => cluster.create(labelled({ a: '1' })),
        () => cluster.patch(refOf(configMap('watched')), { data: { a: '2' } }, { type: 'merge' }),
        () => cluster.patch(refOf(configMap('watched')), { metadata: { labels: { watched: 'no' } } }, { type: 'merge' }),
      ];
      const observe = (event: WatchEvent) => {
        told.push(event.type === 'synced' ? 'synced' : `${event.type} ${Object.keys(event.object).join(' ')}`);
        const step = steps.shift();
        if (step === undefined) stop.abort();
        else done.push(step());
      };
      await cluster.watch(
        refOf(configMap('watched')),
        { namespace: 'default', labelSelector, metadataOnly: true, signal: stop.signal },
        observe,
      );
      await Promise.all(done);
      const only = 'apiVersion kind metadata';
      expect(told).toEqual(['synced', `added ${only}`, `modified ${only}`, `deleted ${only}`]);
    });
  });
}
