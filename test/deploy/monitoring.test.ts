import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { createMetrics } from '../../src/web/index.ts';
import { converge } from '../faults/converge.ts';
import { createRandom } from '../faults/random.ts';
import { openRound, type Round, statusOf } from '../faults/round.ts';
import { updateGuard } from '../journeys/support/resources.ts';
import { type Exposition, readExposition } from './support/read-exposition.ts';
import { readExpression } from './support/read-expression.ts';

const folder = fileURLToPath(new URL('../../deploy/components/monitoring', import.meta.url));
const read = (name: string) => readFileSync(join(folder, name), 'utf8');

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string; readonly datasource: unknown }[];
}

interface Dashboard {
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly type: string; readonly definition?: string }[];
  };
  readonly panels: readonly Panel[];
}

const dashboard = JSON.parse(read('dashboard.json')) as Dashboard;
const targets = dashboard.panels.flatMap(({ title, targets: queries = [] }) => queries.map((query) => ({ title, ...query })));

interface Rules {
  readonly spec: {
    readonly groups: readonly {
      readonly rules: readonly { alert: string; expr: string; annotations: Record<string, string> }[];
    }[];
  };
}

const alerts = (parse(read('prometheus-rule.yaml')) as Rules).spec.groups.flatMap(({ rules }) => rules);

const always = { from: '2020-01-01T00:00:00Z', to: '2200-01-01T00:00:00Z' };
const leaseNamespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } };

describe('what the dashboard and the alerts ask for is told by a bot that has seen a bump through, and keeps another back', () => {
  let round: Round;
  let told: Exposition;

  beforeAll(async () => {
    round = await openRound(createRandom(1), { loop: { canPull: () => true, extra: [leaseNamespace] } });
    await round.start({
      flags: ['--http-addr', '127.0.0.1:0', '--webhook-addr', '127.0.0.1:0', '--leader-elect'],
    });
    await converge(round);
    await round.bump('web');
    await converge(round);
    await fetch(new URL('/hook/nobody', urlOf('listening for webhooks')), { method: 'POST' });
    const { loop } = round;
    await loop.cluster.apply(updateGuard({ freezes: [always] }), { fieldManager: 'test', force: true });
    await loop.until('the guard to stand', async () => statusOf(await loop.get('UpdateGuard', 'guard'))?.['selected']);
    await round.bump('api');
    told = await loop.until('a rollout to be healthy, and a bump to wait', async () => {
      const seen = readExposition(await fetchText(new URL('/metrics', urlOf('serving health and metrics'))));
      return seen.has('tagalong_guarded_updates') && seen.has('tagalong_rollouts_total') && seen;
    });
  }, 240_000);
  afterAll(() => round?.[Symbol.asyncDispose]());

  /** A listener's address, as the log tells it. */
  function urlOf(saying: string): string {
    const lines = readFileSync(round.logFile, 'utf8').split('\n');
    const line = lines.find((text) => text.includes(`"${saying}"`));
    return (JSON.parse(line ?? '{}') as { url: string }).url;
  }

  test.for([
    ...targets.map(({ title, expr }) => ({ where: `panel ${title}`, expr })),
    ...alerts.map(({ alert, expr }) => ({ where: `alert ${alert}`, expr })),
  ])('$where: $expr', ({ expr }) => {
    const { metrics, grouped } = readExpression(expr);
    expect(metrics.length).toBeGreaterThan(0);
    for (const { name, labels } of metrics) {
      expect([...told.keys()]).toContain(name);
      expect([...(told.get(name) ?? [])]).toEqual(expect.arrayContaining([...labels, ...grouped]));
    }
  });

  test('variables are filled from metrics that are there', () => {
    const queries = dashboard.templating.list.flatMap(({ definition }) => definition ?? []);
    expect(queries.length).toBe(2);
    for (const query of queries) {
      const [, name = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(query) ?? [];
      expect([...(told.get(name) ?? [])]).toContain(label);
    }
  });
});

async function fetchText(url: URL): Promise<string> {
  return (await fetch(url)).text();
}

test('every legend, and every text of an alert, names labels that its query keeps', () => {
  const texts = [
    ...targets.map(({ expr, legendFormat }) => ({
      expr,
      text: legendFormat.replaceAll('{{', '{{ $labels.').replaceAll('}}', ' }}'),
    })),
    ...alerts.map(({ expr, annotations }) => ({ expr, text: Object.values(annotations).join('\n') })),
  ];
  for (const { expr, text } of texts) {
    const used = [...text.matchAll(/\{\{ \$labels\.(\w+) \}\}/g)].map(([, label]) => label);
    expect(readExpression(expr).grouped, expr).toEqual(expect.arrayContaining(used));
  }
});

test('the dashboard can be imported: one data source variable, ids once, and no panel on another', () => {
  expect(dashboard.templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource' });
  for (const { datasource } of targets) expect(datasource).toEqual({ type: 'prometheus', uid: `$\{datasource}` });
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, at) => `${x + (at % w)}:${y + Math.floor(at / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(cells.some((cell) => Number(cell.split(':')[0]) >= 24)).toBe(false);
});

test('docs/metrics.md has every metric of ours with its labels, and every alert', async () => {
  const page = readFileSync(join(folder, '../../../docs/metrics.md'), 'utf8');
  const { text } = await createMetrics({ depths: () => [], objects: () => [] }).expose();
  const names = [...text.matchAll(/^# TYPE (\w+)/gm)]
    .map(([, name = '']) => name)
    .filter((name) => !/^(process|nodejs)_/.test(name));
  expect(names.length).toBeGreaterThan(10);
  const rows = [...names, ...alerts.map(({ alert }) => alert)].filter((name) => !page.includes(`| \`${name}\` |`));
  expect(rows).toEqual([]);
});
