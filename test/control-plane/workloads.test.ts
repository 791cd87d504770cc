import { expect, test } from 'vitest';
import type { Loose } from '../contract/kubernetes-client.ts';
import { askUntil, deploymentOf, startForTest, type TestPlane } from './start-for-test.ts';

const deployments = '/apis/apps/v1/namespaces/default/deployments';
const pods = '/api/v1/namespaces/default/pods';
const start = (canPull: (image: string) => boolean | Promise<boolean> = () => true) =>
  startForTest({ simulateWorkloads: { canPull } });
const condition = (object: Loose, type: string) => object.status?.conditions?.find((item: Loose) => item.type === type);
const isRolledOut = (object: Loose) =>
  object.status.observedGeneration === object.metadata.generation &&
  condition(object, 'Progressing')?.reason === 'NewReplicaSetAvailable';
const untilRolledOut = async ({ client }: TestPlane, name = 'web') =>
  (
    await askUntil(
      () => client.get(`${deployments}/${name}`),
      ({ body }) => isRolledOut(body),
    )
  ).body;
const imagesOf = async ({ client }: TestPlane) =>
  (await client.get(pods)).body.items.map((pod: Loose) => pod.spec.containers[0].image).toSorted();
const setImage = (plane: TestPlane, image: string) =>
  plane.client.patch('strategic', `${deployments}/web`, {
    spec: { template: { spec: { containers: [{ name: 'main', image }] } } },
  });

test('a Deployment gets a ReplicaSet and pods, and becomes available', async () => {
  await using plane = await start();
  await plane.client.post(deployments, deploymentOf('web', 'web:1', { replicas: 3 }));
  const deployment = await untilRolledOut(plane);
  expect(deployment.status).toMatchObject({ replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 });
  expect(condition(deployment, 'Available')).toMatchObject({ status: 'True', reason: 'MinimumReplicasAvailable' });
  expect(deployment.metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1' });
  const { items } = (await plane.client.get(pods)).body;
  expect(items).toHaveLength(3);
  expect(items[0]).toMatchObject({
    metadata: {
      labels: { app: 'web', 'pod-template-hash': expect.any(String) },
      ownerReferences: [{ kind: 'ReplicaSet', controller: true }],
    },
    status: { phase: 'Running' },
  });
});

test('the controllers are other managers, and leave the generation alone', async () => {
  await using plane = await start();
  const manifest = { apiVersion: 'apps/v1', kind: 'Deployment', ...deploymentOf('web', 'web:1') };
  const apply = () => plane.client.patch('apply', `${deployments}/web?fieldManager=gitops`, manifest);
  await apply();
  const deployment = await untilRolledOut(plane);
  expect(deployment.metadata.generation).toBe(1);
  expect(
    deployment.metadata.managedFields.map((entry: Loose) =>
      `${entry.manager} ${entry.operation} ${entry.subresource ?? ''}`.trim(),
    ),
  ).toEqual(['gitops Apply', 'kube-controller-manager Update', 'kube-controller-manager Update status']);
  expect((await apply()).body.metadata.resourceVersion).toBe(deployment.metadata.resourceVersion);
});

test('a new image rolls', async () => {
  await using plane = await start();
  await plane.client.post(deployments, deploymentOf('web', 'web:1', { replicas: 4 }));
  await untilRolledOut(plane);
  await setImage(plane, 'web:2');
  const deployment = await untilRolledOut(plane);
  expect(await imagesOf(plane)).toEqual(['web:2', 'web:2', 'web:2', 'web:2']);
  expect(deployment.metadata.annotations['deployment.kubernetes.io/revision']).toBe('2');
});

test('an image that cannot be pulled leaves enough old pods running, and time runs out', async () => {
  await using plane = await start((image) => !image.includes('missing'));
  await plane.client.post(deployments, deploymentOf('web', 'web:1', { replicas: 4, progressDeadlineSeconds: 1 }));
  await untilRolledOut(plane);
  await setImage(plane, 'missing:1');
  const { body } = await askUntil(
    () => plane.client.get(`${deployments}/web`),
    (reply) => condition(reply.body, 'Progressing').reason === 'ProgressDeadlineExceeded',
  );
  expect(condition(body, 'Progressing')).toMatchObject({
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    message: expect.stringMatching(/^ReplicaSet "web-[0-9a-f]+" has timed out progressing\.$/),
  });
  expect(body.status).toMatchObject({ availableReplicas: 3, updatedReplicas: 2 });
  const waiting = (await plane.client.get(pods)).body.items.filter((pod: Loose) => pod.spec.containers[0].image === 'missing:1');
  expect(waiting[0].status.containerStatuses[0].state.waiting).toEqual({
    reason: 'ImagePullBackOff',
    message:
      'Back-off pulling image "missing:1": ErrImagePull: rpc error: code = NotFound desc = failed to resolve reference "missing:1": missing:1: not found',
  });
});

test('going back uses the old ReplicaSet again', async () => {
  await using plane = await start((image) => image !== 'web:2');
  await plane.client.post(deployments, deploymentOf('web', 'web:1', { replicas: 2 }));
  await untilRolledOut(plane);
  await setImage(plane, 'web:2');
  await setImage(plane, 'web:1');
  const deployment = await untilRolledOut(plane);
  expect(await imagesOf(plane)).toEqual(['web:1', 'web:1']);
  const { items } = (await plane.client.get('/apis/apps/v1/namespaces/default/replicasets')).body;
  expect(items.length).toBeLessThanOrEqual(2);
  expect(deployment.status.replicas).toBe(2);
});

test('an image that appears later is pulled then', async () => {
  const pushed = new Set<string>();
  await using plane = await start((image) => pushed.has(image));
  await plane.client.post(deployments, deploymentOf('web', 'web:1'));
  await askUntil(
    () => plane.client.get(pods),
    ({ body }) => body.items[0]?.status.containerStatuses?.[0].state.waiting?.reason === 'ImagePullBackOff',
  );
  pushed.add('web:1');
  expect((await untilRolledOut(plane)).status.availableReplicas).toBe(1);
});

test('a registry that fails for a while stops nobody', async () => {
  let failures = 2;
  await using plane = await start(async () => {
    failures -= 1;
    if (failures >= 0) throw new Error('registry is down');
    return true;
  });
  await plane.client.post(deployments, deploymentOf('web', 'web:1'));
  expect((await untilRolledOut(plane)).status.availableReplicas).toBe(1);
});

test('a scale changes the pods', async () => {
  await using plane = await start();
  await plane.client.post(deployments, deploymentOf('web', 'web:1', { replicas: 1 }));
  await untilRolledOut(plane);
  await plane.client.patch('merge', `${deployments}/web/scale`, { spec: { replicas: 5 } });
  expect((await untilRolledOut(plane)).status.availableReplicas).toBe(5);
  await plane.client.patch('merge', `${deployments}/web/scale`, { spec: { replicas: 0 } });
  await untilRolledOut(plane);
  expect(await imagesOf(plane)).toEqual([]);
});

test('Recreate never runs old and new at once', async () => {
  await using plane = await start();
  const seen = new Set<string>();
  await plane.client.post(deployments, deploymentOf('web', 'web:1', { replicas: 2, strategy: { type: 'Recreate' } }));
  const { metadata } = await untilRolledOut(plane);
  await setImage(plane, 'web:2');
  await untilRolledOut(plane);
  const events = await plane.client.watch(
    `${pods}?watch=1&resourceVersion=${metadata.resourceVersion}`,
    (all) => all.filter(({ type }) => type === 'ADDED').length === 2,
  );
  const alive = new Set<string>(
    (await plane.client.get(`${pods}?resourceVersion=${metadata.resourceVersion}&resourceVersionMatch=Exact`)).body.items.map(
      ({ metadata: own }: Loose) => own.name,
    ),
  );
  for (const { type, object } of events) {
    if (type === 'DELETED') alive.delete(object.metadata.name);
    if (type === 'ADDED') for (const name of alive) seen.add(name);
  }
  expect([...seen]).toEqual([]);
});

test('a deleted Deployment takes its pods along', async () => {
  await using plane = await start();
  await plane.client.post(deployments, deploymentOf('web', 'web:1', { replicas: 2 }));
  await untilRolledOut(plane);
  await plane.client.delete(`${deployments}/web`, { propagationPolicy: 'Foreground' });
  await askUntil(
    () => plane.client.get(`${deployments}/web`),
    ({ code }) => code === 404,
  );
  expect((await plane.client.get(`${deployments}/web`)).code).toBe(404);
  expect(await imagesOf(plane)).toEqual([]);
});

test('a pod that somebody deletes comes back', async () => {
  await using plane = await start();
  await plane.client.post(deployments, deploymentOf('web', 'web:1'));
  await untilRolledOut(plane);
  const [pod] = (await plane.client.get(pods)).body.items;
  await plane.client.delete(`${pods}/${pod.metadata.name}`);
  const { body } = await askUntil(
    () => plane.client.get(pods),
    (reply) => reply.body.items.length === 1 && reply.body.items[0].status.phase === 'Running',
  );
  expect(body.items[0].metadata.name).not.toBe(pod.metadata.name);
});

test('a StatefulSet numbers its pods and replaces them on a new image', async () => {
  await using plane = await start();
  const path = '/apis/apps/v1/namespaces/default/statefulsets';
  await plane.client.post(path, deploymentOf('db', 'db:1', { replicas: 2, serviceName: 'db' }));
  const isDone = (object: Loose) =>
    object.status?.readyReplicas === 2 &&
    object.status.updatedReplicas === 2 &&
    object.status.currentRevision === object.status.updateRevision &&
    object.status.observedGeneration === object.metadata.generation;
  await askUntil(
    () => plane.client.get(`${path}/db`),
    ({ body }) => isDone(body),
  );
  await plane.client.patch('strategic', `${path}/db`, {
    spec: { template: { spec: { containers: [{ name: 'main', image: 'db:2' }] } } },
  });
  const { body } = await askUntil(
    () => plane.client.get(`${path}/db`),
    (reply) => isDone(reply.body),
  );
  expect(isDone(body)).toBe(true);
  expect(
    (await plane.client.get(pods)).body.items.map((pod: Loose) => `${pod.metadata.name} ${pod.spec.containers[0].image}`),
  ).toEqual(['db-0 db:2', 'db-1 db:2']);
});

test('a DaemonSet runs on the one node', async () => {
  await using plane = await start();
  const path = '/apis/apps/v1/namespaces/default/daemonsets';
  await plane.client.post(path, deploymentOf('agent', 'agent:1'));
  const { body } = await askUntil(
    () => plane.client.get(`${path}/agent`),
    (reply) => reply.body.status.numberReady === 1,
  );
  expect(body.status).toMatchObject({ desiredNumberScheduled: 1, numberReady: 1, numberAvailable: 1, updatedNumberScheduled: 1 });
});

test('a Job completes', async () => {
  await using plane = await start();
  const path = '/apis/batch/v1/namespaces/default/jobs';
  await plane.client.post(path, {
    metadata: { name: 'once' },
    spec: {
      completions: 3,
      parallelism: 2,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'job:1' }] } },
    },
  });
  const { body } = await askUntil(
    () => plane.client.get(`${path}/once`),
    (reply) => condition(reply.body, 'Complete') !== undefined,
  );
  expect(condition(body, 'Complete')).toMatchObject({ status: 'True' });
  expect(body.status.succeeded).toBe(3);
});
