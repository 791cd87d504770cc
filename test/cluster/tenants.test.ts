import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GitHost, startGitHost } from '../../src/sandbox/index.ts';
import { startBot } from '../faults/bot.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { type KubeApiServer, startKubeApiServer, waitUntil } from '../real/index.ts';
import { applyFolder, installDefinitions, kubectl, tokenOf } from './support/install.ts';

const deploy = fileURLToPath(new URL('../../deploy/', import.meta.url));

describeWithParts(
  ['kube-apiserver', 'kube-controller-manager', 'etcd', 'kubectl'],
  'deploy/multi-tenant on a real API server',
  () => {
    const stack = new AsyncDisposableStack();
    let api: KubeApiServer;
    let folder: string;
    let host: GitHost;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'tagalong-tenants-'));
      stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
      await cp(deploy, join(folder, 'deploy'), { recursive: true });
      api = stack.use(await startKubeApiServer({ controllerManager: true }));
      host = stack.use(await startGitHost({ folder: join(folder, 'git') }));
      await installDefinitions(api);
      await applyFolder(api, 'multi-tenant', '--server-side');
      for (const tenant of ['team-a', 'team-b']) await admit(tenant);
      await startInstalled();
    }, 180_000);
    afterAll(() => stack.disposeAsync());

    /** As docs/install.md says. */
    async function admit(tenant: string): Promise<void> {
      await kubectl(api, 'create', 'namespace', tenant);
      await applyOverlay(tenant, `namespace: ${tenant}\nresources:\n  - ../deploy/tenant\n`);
    }

    async function applyOverlay(name: string, kustomization: string, ...flags: readonly string[]) {
      await mkdir(join(folder, name), { recursive: true });
      await writeFile(join(folder, name, 'kustomization.yaml'), kustomization);
      return kubectl(api, 'apply', '-k', join(folder, name), ...flags);
    }

    /** With the account's token, and what the Deployment says of tenants. */
    async function startInstalled(): Promise<void> {
      const path = 'jsonpath={.spec.template.spec.containers[0].args}';
      const { stdout } = await kubectl(api, '-n', 'flux-system', 'get', 'deployment', 'tagalong', '-o', path);
      const flags = (JSON.parse(stdout) as string[]).filter((flag) =>
        /^--(default-service-account|no-cross-namespace-refs)/.test(flag),
      );
      const kubeconfig = join(folder, 'kubeconfig');
      await writeFile(kubeconfig, api.kubeconfigWith(await tokenOf(api, 'tagalong')), { mode: 0o600 });
      const places = { stateFolder: join(folder, 'state'), logFile: join(folder, 'log') };
      const bot = stack.use(startBot({ kubeconfig, ...places, flags: [...flags, '--leader-elect'] }));
      await bot.started;
      expect(flags).toEqual(['--default-service-account=applier', '--no-cross-namespace-refs']);
    }

    /** A repository with these files, its source and a Kustomization of the same namespace. */
    async function deliver(tenant: string, name: string, files: Record<string, string>, spec: object = {}): Promise<void> {
      const seed = join(folder, 'seed', name);
      await mkdir(seed, { recursive: true });
      for (const [file, text] of Object.entries(files)) await writeFile(join(seed, file), text);
      await host.createRepository(name, seed);
      const metadata = { name, namespace: tenant };
      const sourceRef = { kind: 'GitRepository', name };
      await create(
        {
          ...{ apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', metadata },
          spec: { interval: '1h', url: `${host.baseUrl}/${name}.git`, ref: { branch: 'main' } },
        },
        {
          ...{ apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', metadata },
          spec: { interval: '1h', path: './', prune: true, sourceRef, ...spec },
        },
      );
    }

    async function create(...objects: readonly object[]): Promise<void> {
      const file = join(folder, 'objects.json');
      await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
      await kubectl(api, 'apply', '-f', file);
    }

    const look = async (tenant: string, what: string, path: string): Promise<string> => {
      const answer = await kubectl(api, '-n', tenant, 'get', what, '-o', `jsonpath=${path}`).catch(() => ({ stdout: '' }));
      return answer.stdout;
    };
    const readyOf = (tenant: string, name: string) =>
      look(tenant, `kustomization/${name}`, '{range .status.conditions[?(@.type=="Ready")]}{.reason}: {.message}{end}');
    const says = (tenant: string, name: string, text: string | RegExp) =>
      waitUntil(`${name} to say ${text}`, async () => new RegExp(text).test(await readyOf(tenant, name)), patience);
    const configMap = (name: string, namespace?: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}${namespace === undefined ? '' : `, namespace: ${namespace}`} }\ndata: { value: git }\n`;

    test('the account of the bot may apply nothing, and act as nobody but the appliers of tenants', async () => {
      const mayI = async (...what: readonly string[]) => {
        const asked = kubectl(api, 'auth', 'can-i', ...what, '--as', 'system:serviceaccount:flux-system:tagalong');
        return (await asked.catch(() => ({ stdout: 'no' }))).stdout.trim();
      };
      expect(await mayI('patch', 'configmaps', '-n', 'team-a')).toBe('no');
      expect(await mayI('create', 'deployments.apps', '-n', 'team-a')).toBe('no');
      expect(await mayI('impersonate', 'serviceaccounts/applier', '-n', 'team-a')).toBe('yes');
      expect(await mayI('impersonate', 'serviceaccounts/default', '-n', 'team-a')).toBe('no');
      expect(await mayI('impersonate', 'serviceaccounts/applier', '-n', 'kube-system')).toBe('no');
      expect(await mayI('impersonate', 'users')).toBe('no');
    });

    test('what a tenant commits is applied as its applier, drift is undone, and what leaves git goes', async () => {
      await deliver('team-a', 'inside', { 'a.yaml': configMap('settings', 'team-a') });
      await says('team-a', 'inside', 'ReconciliationSucceeded');
      await kubectl(api, '-n', 'team-a', 'patch', 'configmap', 'settings', '--type=merge', '-p', '{"data":{"value":"by hand"}}');
      await waitUntil(
        'the drift to be undone',
        async () => (await look('team-a', 'configmap/settings', '{.data.value}')) === 'git',
      );
      await kubectl(api, '-n', 'team-a', 'delete', 'kustomization', 'inside', '--timeout=60s');
      expect(await look('team-a', 'configmap/settings', '{.data.value}')).toBe('');
    });

    test('a tenant reaches neither into another namespace nor over the whole cluster', async () => {
      await deliver('team-a', 'outside', { 'a.yaml': configMap('stolen', 'team-b') });
      await says('team-a', 'outside', /ReconciliationFailed: .*Forbidden.*system:serviceaccount:team-a:applier/s);
      expect(await look('team-b', 'configmap/stolen', '{.data.value}')).toBe('');
      const role = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: mine }\nrules: []\n';
      await deliver('team-a', 'above', { 'a.yaml': role });
      await says('team-a', 'above', /ReconciliationFailed: .*clusterroles.*system:serviceaccount:team-a:applier/s);
    });

    test('a source of another tenant is refused', async () => {
      await deliver('team-b', 'theirs', { 'a.yaml': configMap('theirs', 'team-b') });
      await says('team-b', 'theirs', 'ReconciliationSucceeded');
      const sourceRef = { kind: 'GitRepository', name: 'theirs', namespace: 'team-b' };
      await deliver('team-a', 'borrowed', { 'a.yaml': configMap('x', 'team-a') }, { sourceRef });
      await says('team-a', 'borrowed', /AccessDenied: .*cross-namespace references have been blocked/);
    });

    test('an account that nobody lets the bot act as is refused by the server, by name', async () => {
      await kubectl(api, '-n', 'team-a', 'create', 'serviceaccount', 'other');
      await deliver('team-a', 'stranger', { 'a.yaml': configMap('x', 'team-a') }, { serviceAccountName: 'other' });
      await says('team-a', 'stranger', /cannot impersonate resource "serviceaccounts".*|impersonate.*other/s);
      expect(await look('team-a', 'configmap/x', '{.data.value}')).toBe('');
    });

    test('the monitoring component passes a server-side dry run in an overlay', async () => {
      await create(...['PodMonitor', 'PrometheusRule'].map(definition));
      await kubectl(api, 'wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all');
      const overlay = `${header}resources:\n  - ../deploy/multi-tenant\ncomponents:\n  - ../deploy/components/monitoring\n`;
      const { stdout, stderr } = await applyOverlay('watched', overlay, '--dry-run=server');
      for (const made of ['podmonitor', 'prometheusrule'])
        expect(stdout).toContain(`${made}.monitoring.coreos.com/tagalong created`);
      expect(stdout).toContain('configmap/tagalong-dashboard created');
      expect(stderr).not.toMatch(/error|unknown field/i);
    });
  },
);

/** Each look is a kubectl. */
const patience = { timeoutMs: 60_000, everyMs: 500 };

const header = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n';

/** As much of the Prometheus operator's kinds as takes any spec. */
function definition(kind: string): object {
  const singular = kind.toLowerCase();
  const schema = { type: 'object', properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${singular}s.monitoring.coreos.com` },
    spec: {
      group: 'monitoring.coreos.com',
      scope: 'Namespaced',
      names: { kind, singular, plural: `${singular}s`, listKind: `${kind}List` },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  };
}
