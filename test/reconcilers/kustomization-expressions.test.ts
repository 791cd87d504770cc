import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { waitUntil } from '../real/wait-until.ts';
import {
  configMap,
  configMapRef,
  type Home,
  kustomization,
  kustomizationRef,
  type Process,
  readyOf,
  startHome,
  startProcess,
  statusOf,
  waitReady,
  waitReason,
} from './kustomization-fixture.ts';

let home: Home;
let running: Process;
beforeEach(async () => {
  home = await startHome();
  running = await startProcess(home);
});
afterEach(async () => {
  await running[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

const setData = (name: string, data: Record<string, string>) =>
  home.cluster.patch(configMapRef(name), { data }, { type: 'merge', fieldManager: 'a-controller' });

describe('healthCheckExprs', () => {
  const rule = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    inProgress: 'data.state == "coming"',
    failed: 'data.state == "broken"',
    current: 'data.state == "there"',
  };
  // The state is somebody else's field, as a status would be.
  const create = (spec: Record<string, unknown>) =>
    home.create(kustomization('app', { wait: true, healthCheckExprs: [rule], ...spec }));

  test('an object is waited for until its rule says that it is current', async () => {
    await create({});
    const revision = await home.commit({ 'app/a.yaml': configMap('a') });
    await waitUntil('the wait', async () => (await readyOf(home, 'app'))?.reason === 'Progressing');
    await waitUntil('the object', async () => (await home.get(configMapRef('a'))) !== null);
    await setData('a', { state: 'coming' });
    await waitUntil('the reason', async () => {
      const healthy = (await statusOf(home, 'app'))?.conditions?.find(({ type }) => type === 'Healthy');
      return healthy?.message?.includes("status: 'InProgress'") === true;
    });
    await setData('a', { state: 'there' });
    await waitReady(home, 'app', revision);
  });

  test('an object that its rule calls failed ends the wait', async () => {
    await create({});
    await home.commit({ 'app/a.yaml': configMap('a') });
    await waitUntil('the object', async () => (await home.get(configMapRef('a'))) !== null);
    await setData('a', { state: 'broken' });
    await waitReason(home, 'app', 'HealthCheckFailed');
    expect((await readyOf(home, 'app'))?.message).toContain(
      "failed early due to stalled resources: [ConfigMap/default/a status: 'Failed']",
    );
  });

  test('a rule of another kind does not count', async () => {
    await create({ healthCheckExprs: [{ ...rule, kind: 'Secret' }] });
    await waitReady(home, 'app', await home.commit({ 'app/a.yaml': configMap('a') }));
  });

  test('an expression that does not compile stalls, and a mended one goes on', async () => {
    await create({ healthCheckExprs: [{ apiVersion: 'v1', kind: 'ConfigMap', current: 'data.exists(x, x ==' }] });
    const revision = await home.commit({ 'app/a.yaml': configMap('a') });
    await waitReason(home, 'app', 'InvalidCELExpression');
    const status = await statusOf(home, 'app');
    expect(status?.conditions?.map(({ type }) => type)).toContain('Stalled');
    expect(status?.observedGeneration).toBe(1);
    expect((await readyOf(home, 'app'))?.message).toMatch(
      /^Reconciliation failed terminally due to configuration error: spec\.healthCheckExprs\[0\]\.current: /,
    );
    expect(await home.get(configMapRef('a'))).toBeNull();
    const spec = { healthCheckExprs: [{ apiVersion: 'v1', kind: 'ConfigMap', current: 'data.value == "1"' }] };
    await home.cluster.patch(kustomizationRef('app'), { spec }, { type: 'merge', fieldManager: 'test' });
    await waitReady(home, 'app', revision);
  });
});

describe('readyExpr', () => {
  const dependent = (readyExpr: string) => kustomization('app', { dependsOn: [{ name: 'infra', readyExpr }] });

  async function start(readyExpr: string): Promise<string> {
    await home.create(kustomization('infra', { suspend: true }));
    await home.create(dependent(readyExpr));
    return home.commit({ 'app/a.yaml': configMap('a'), 'infra/b.yaml': configMap('b') });
  }

  test('takes the place of the conditions, and any change of the dependency asks it again', async () => {
    const revision = await start('has(dep.metadata.labels) && dep.metadata.labels.state == self.metadata.name');
    await waitReason(home, 'app', 'DependencyNotReady');
    expect((await readyOf(home, 'app'))?.message).toBe("dependency 'flux-system/infra' is not ready according to readyExpr eval");
    await home.cluster.patch(
      kustomizationRef('infra'),
      { metadata: { labels: { state: 'app' } } },
      { type: 'merge', fieldManager: 'test' },
    );
    await waitReady(home, 'app', revision);
  });

  test('one that fails on these objects waits and says why', async () => {
    await start('dep.status.missing == 1');
    await waitReason(home, 'app', 'DependencyNotReady');
    expect((await readyOf(home, 'app'))?.message).toMatch(/readyExpr could not be evaluated: .*missing/);
  });

  test('one that names anything but self and dep stalls', async () => {
    await start('other.spec == 1');
    await waitReason(home, 'app', 'InvalidCELExpression');
    expect((await readyOf(home, 'app'))?.message).toContain('spec.dependsOn[0].readyExpr: ');
  });

  test('one that never ends is ended', async () => {
    const numbers = `[${Array.from({ length: 60 }, (_, index) => index).join(', ')}]`;
    const all = (depth: number): string => (depth === 0 ? 'true' : `${numbers}.all(n${depth}, ${all(depth - 1)})`);
    await start(all(6));
    await waitReason(home, 'app', 'DependencyNotReady');
    expect((await readyOf(home, 'app'))?.message).toContain('it took more than 2s');
  });
});
