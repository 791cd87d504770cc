import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultBuildLimits } from '../../src/build/build-limits.ts';
import { createManifestReader } from '../../src/build/manifest-reader.ts';
import { createCluster } from '../../src/cluster/index.ts';
import { type ControlPlane, startControlPlane } from '../../src/control-plane/index.ts';
import { type Cluster, silentLog, systemClock } from '../../src/core/index.ts';
import { createExpressions } from '../../src/expression/index.ts';
import { LeaseHolder } from '../../src/lease/index.ts';
import { createRenderer } from '../../src/render/index.ts';

/** Only the answers of the API count: what the process does meanwhile keeps them from nobody. */
const times = { durationMs: 300_000, deadlineMs: 240_000, renewMs: 5, retryMs: 5 };

const automation = { namespace: 'default', name: 'a' };
const facts = { automation, values: {}, changes: [] };
const manifest = (body: string) => Buffer.from(`apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n${body}`);
const loops = '[1,2,3,4,5,6,7,8,9,10]';
const nested = Array.from({ length: 9 }, (_, depth) => `${loops}.all(x${depth}, `).join('');

const renderer = createRenderer({ clock: systemClock, timeoutMs: 120_000 });
const expressions = createExpressions({ clock: systemClock });
const read = createManifestReader(defaultBuildLimits);

const worst: readonly { readonly because: string; readonly work: () => Promise<unknown> }[] = [
  {
    because: 'a template that calls the dearest function again and again',
    work: () =>
      renderer.render({ text: '{{ $s := repeat 4000 "aB" }}{{ range until 1000 }}{{ $_ := snakecase $s }}{{ end }}', facts }),
  },
  {
    because: 'a template of patterns whose repetitions multiply',
    work: () =>
      renderer.render({
        text: '{{ range until 200 }}{{ $_ := regexMatch (printf "((a{10}){10}){5}%d" .) "aaa" }}{{ end }}',
        facts,
      }),
  },
  {
    because: 'an expression of loops in loops',
    work: () => expressions.evaluate([{ text: `${nested}true${')'.repeat(9)}`, scope: 'object' }], { kind: 'x' }),
  },
  {
    because: 'a manifest of many thousand values in one line',
    work: () => read(manifest(`x: [${'1,'.repeat(120_000)}]\n`), 'a.yaml'),
  },
  { because: 'a manifest of brackets in brackets', work: () => read(manifest(`x: ${'['.repeat(160_000)}\n`), 'a.yaml') },
  {
    because: 'a manifest of many small values',
    work: () =>
      read(manifest(`data:\n${Array.from({ length: 20_000 }, (_, index) => `  key-${index}: value\n`).join('')}`), 'a.yaml'),
  },
];

describe('the Lease is renewed while a tenant has us work on', () => {
  let plane: ControlPlane;
  let cluster: Cluster;
  let lease: LeaseHolder;
  let renewals = 0;

  beforeAll(async () => {
    plane = await startControlPlane({ clock: systemClock, log: silentLog });
    cluster = await createCluster({
      ...{ kubeconfig: { yaml: plane.kubeconfigYaml }, userAgent: 'test', clock: systemClock, log: silentLog },
    });
    const counted = new Proxy(cluster, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== 'function') return value;
        return async (...args: readonly unknown[]) => {
          const answer: unknown = await Reflect.apply(value, target, args);
          if (property !== 'get') renewals += 1;
          return answer;
        };
      },
    });
    const steadyMs = () => performance.now();
    lease = new LeaseHolder({
      ...{
        cluster: counted,
        namespace: 'default',
        name: 'bot',
        identity: 'me',
        times,
        clock: systemClock,
        steadyMs,
        log: silentLog,
      },
    });
    lease.start();
    while (!lease.isOpen()) await sleep(10);
  });
  afterAll(async () => {
    await lease.release();
    await Promise.all([renderer.close(), expressions.close()]);
    await cluster.close();
    await plane.stop();
  });

  test.for(worst)('$because', async ({ work }) => {
    let isDone = false;
    const closed: boolean[] = [];
    lease.subscribe((open) => open || isDone || closed.push(open));
    const before = renewals;
    await work();
    isDone = true;
    expect(renewals - before).toBeGreaterThan(1);
    expect(closed).toEqual([]);
    expect(lease.isOpen()).toBe(true);
  });
});
