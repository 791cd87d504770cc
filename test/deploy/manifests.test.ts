import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { createRunCommand } from '../../src/cli/run.ts';
import { controllersOf, parseControllerGroups } from '../../src/lease/index.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const deploy = join(root, 'deploy');
const files = readdirSync(deploy, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.yaml') && !name.startsWith('crds'))
  .toSorted();
const read = (name: string) => readFileSync(join(deploy, name), 'utf8');
const kustomizations = files.filter((name) => name.endsWith('kustomization.yaml'));

interface Kustomization {
  readonly resources?: string[];
  readonly components?: string[];
  readonly labels?: { pairs: Record<string, string> }[];
  readonly patches?: { patch: string }[];
}

interface Container {
  readonly image: string;
  readonly args: string[];
  readonly env: { name: string; value?: string }[];
  readonly securityContext: Record<string, unknown>;
  readonly volumeMounts: { name: string; mountPath: string }[];
  readonly resources: { requests: Record<string, string>; limits: Record<string, string> };
  readonly [probe: string]: unknown;
}

const [deployment] = parseAllDocuments(read('bot/deployment.yaml')).map(
  (document) => document.toJS() as { spec: { template: { spec: { containers: Container[]; [field: string]: unknown } } } },
);
if (deployment === undefined) throw new Error('bot/deployment.yaml holds no Deployment');
const pod = deployment.spec.template.spec;
const [container] = pod.containers;
if (container === undefined) throw new Error('the Deployment has no container');
const patchesOf = (name: string) =>
  ((parse(read(name)) as Kustomization).patches ?? []).flatMap(({ patch }) => {
    // A patch that is no list of operations merges or deletes an object.
    const operations: unknown = parse(patch);
    return Array.isArray(operations) ? (operations as { path: string; value: unknown }[]) : [];
  });

test('every file is in a kustomization, and every kustomization is reached from a way to install', () => {
  const named = kustomizations.flatMap((name) => {
    const { resources = [], components = [] } = parse(read(name)) as Kustomization;
    return [...resources, ...components].map((entry) => join(dirname(name), entry));
  });
  const ways = ['standalone', 'multi-tenant', 'tenant', 'split', 'beside-flux', 'beside-argo-cd'];
  // What an installation adds if it wants to; docs/install.md says when.
  const wishes = ['components/workload-identity', 'components/monitoring'];
  const missing = files.filter((name) => {
    const isKustomization = name.endsWith('kustomization.yaml');
    const wanted = isKustomization ? dirname(name) : name;
    return !named.includes(wanted) && !ways.includes(wanted) && !wishes.includes(wanted);
  });
  expect(missing).toEqual([]);
});

test('every version is the one of package.json', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const labels = kustomizations.flatMap((name) => (parse(read(name)) as Kustomization).labels ?? []);
  const versions = labels.flatMap(({ pairs }) => pairs['app.kubernetes.io/version'] ?? []);
  expect(versions.length).toBe(7);
  expect(new Set(versions)).toEqual(new Set([`v${version}`]));
  expect(container.image).toMatch(new RegExp(`:v${version.replaceAll('.', '\\.')}$`));
});

describe('what the pod is started with', () => {
  const args = [
    ...container.args,
    ...kustomizations.flatMap(patchesOf).flatMap(({ path, value }) => (path.includes('/args/') ? [String(value)] : [])),
  ];

  test.for(args.filter((arg) => arg.startsWith('--')))('%s is taken by `tagalong run`', (arg) => {
    const [flag = '', value = ''] = arg.split(/=(.*)/s);
    const option = createRunCommand().options.find(({ long }) => long === flag);
    expect(option).toBeDefined();
    expect(() => option?.parseArg?.(value.replaceAll(/\$\([A-Z_]+\)/g, 'flux-system'), undefined)).not.toThrow();
  });

  test('it may do nothing that a restricted namespace forbids', () => {
    expect(pod).toMatchObject({ securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } } });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('whatever it writes has a volume', () => {
    const mounts = container.volumeMounts.map(({ mountPath }) => mountPath);
    const written = [
      container.args.find((arg) => arg.startsWith('--state-dir='))?.split('=')[1],
      container.env.find(({ name }) => name === 'HOME')?.value,
      '/tmp',
    ];
    for (const folder of written) expect(mounts).toContain(folder);
    const volumes = (pod['volumes'] as { name: string }[]).map(({ name }) => name);
    expect(container.volumeMounts.map(({ name }) => name)).toEqual(volumes);
  });

  test('it is probed, and bounded', () => {
    const paths = ['startupProbe', 'livenessProbe', 'readinessProbe'].map(
      (probe) => (container[probe] as { httpGet: { path: string } }).httpGet.path,
    );
    expect(paths).toEqual(['/healthz', '/healthz', '/readyz']);
    expect(Object.keys(container.resources.requests)).toEqual(['cpu', 'memory']);
    expect(Object.keys(container.resources.limits)).toEqual(['cpu', 'memory']);
  });

  test('it has the time that a shutdown takes', () => {
    expect(pod['terminationGracePeriodSeconds']).toBeGreaterThanOrEqual(20);
  });
});

describe('--controllers', () => {
  test.for([
    { text: 'image', names: ['image-reflector-controller', 'image-automation-controller'] },
    { text: 'kustomize, source', names: ['source-controller', 'kustomize-controller'] },
    { text: 'kustomize', names: ['kustomize-controller'] },
    { text: 'source,source', names: ['source-controller'] },
  ])('$text', ({ text, names }) => {
    expect(controllersOf(parseControllerGroups(text))).toEqual(names);
  });

  test.for([
    { because: 'a word that is none', text: 'image,helm', says: '"helm" is none of image, source, kustomize' },
    { because: 'nothing at all', text: '', says: '"" is none of' },
  ])('$because is refused', ({ text, says }) => {
    expect(() => parseControllerGroups(text)).toThrow(says);
  });
});
