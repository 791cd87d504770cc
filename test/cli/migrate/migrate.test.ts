import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { carryFlags } from '../../../src/cli/migrate/carried-flags.ts';
import { fluxArguments } from '../../../src/cli/migrate/flux-arguments.ts';
import { openFluxFolder } from '../../../src/cli/migrate/flux-folder.ts';
import { formatPatches } from '../../../src/cli/migrate/format-patches.ts';
import type { Part } from '../../../src/cli/migrate/parts.ts';
import { planHandover } from '../../../src/cli/migrate/plan-handover.ts';
import { planReturn, stagesOfReturn } from '../../../src/cli/migrate/plan-return.ts';
import type { PlannedCommit } from '../../../src/cli/migrate/planned-commit.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../real/temporary-folder.ts';

const execute = promisify(execFile);
const all: readonly Part[] = ['image', 'source', 'kustomize'];
const flux = 'clusters/prod/flux-system';
const kustomization = `# kept
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- gotk-components.yaml
- gotk-sync.yaml
patches:
  - target: # somebody's own
      kind: Deployment
      name: kustomize-controller
    patch: |
      - op: add
        path: /spec/template/spec/containers/0/args/-
        value: --concurrent=20
`;
const namespaced = (name: string) => `# made by flux\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${name}\n---\n`;

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await createTemporaryFolder('migrate');
  await put(`${flux}/kustomization.yaml`, kustomization);
  await put(`${flux}/gotk-components.yaml`, namespaced('flux-system'));
  await git('init', '--quiet');
  await commit();
});
afterEach(() => folder[Symbol.asyncDispose]());

const at = (path: string) => join(folder.path, path);
const git = (...args: string[]) =>
  execute('git', ['-C', folder.path, '-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', ...args]);
const commit = async () => {
  await git('add', '-A');
  await git('commit', '--quiet', '--message', 'Start');
};
async function put(path: string, text: string): Promise<void> {
  await mkdir(join(at(path), '..'), { recursive: true });
  await writeFile(at(path), text);
}

/** Through the mailbox, as a person makes the commits. */
async function take(commits: readonly PlannedCommit[]): Promise<string[]> {
  const mailbox = formatPatches(commits, { name: 'Ann', email: 'ann@example.com' }, new Date(0));
  const am = git('am', '--quiet');
  am.child.stdin?.end(mailbox);
  await am;
  const { stdout } = await git('log', '--reverse', '--format=%s');
  return stdout.trim().split('\n').slice(-commits.length);
}

const botOf = (parts: readonly Part[]) => `# the bot for ${parts.join(', ')}\n`;
const readBot = () => readFile(at(`${flux}/tagalong/tagalong.yaml`), 'utf8').catch(() => null);

async function handOver(parts: readonly Part[], done: readonly Part[] = parts): Promise<string[]> {
  const found = await openFluxFolder(folder.path, undefined);
  return take(planHandover({ parts, folder: found, bot: botOf(done), botNow: await readBot() }));
}

async function giveBack(parts: readonly Part[]): Promise<string[]> {
  const found = await openFluxFolder(folder.path, undefined);
  let kept = found.handedOver;
  const stages = stagesOfReturn(parts).map((stage) => {
    kept = kept.filter((part) => !stage.includes(part));
    return { parts: stage, bot: kept.length === 0 ? null : botOf(kept) };
  });
  return take(planReturn({ folder: found, botNow: await readBot(), stages, suspended: [] }));
}

test('in and out, part by part: afterwards nothing is left but what keeps definitions and namespace from being pruned', async () => {
  await handOver(['image']);
  expect((await openFluxFolder(folder.path, undefined)).handedOver).toEqual(['image']);
  await handOver(['source', 'kustomize'], all);
  expect((await openFluxFolder(folder.path, undefined)).handedOver).toEqual(all);
  expect(await readBot()).toBe(botOf(all));
  expect(await giveBack(all)).toEqual(['Give image, source back to Flux', 'Give kustomize back to Flux', 'Remove tagalong']);
  expect(await readBot()).toBe(null);
  const text = await readFile(at(`${flux}/kustomization.yaml`), 'utf8');
  expect(text.startsWith(kustomization)).toBe(true);
  expect(text.slice(kustomization.length).match(/^ {2}- target/gm)).toHaveLength(2);
});

test('sources come back before Kustomizations, and the bot goes on with these until then', async () => {
  await handOver(all);
  const before = (await git('rev-parse', 'HEAD')).stdout.trim();
  await giveBack(all);
  const { stdout } = await git('log', '--reverse', '--format=%H', `${before}..HEAD`);
  const [first = ''] = stdout.split('\n');
  expect((await git('show', `${first}:${flux}/tagalong/tagalong.yaml`)).stdout).toBe(botOf(['kustomize']));
});

test.for<{ parts: readonly Part[]; stages: readonly (readonly Part[])[] }>([
  { parts: ['image'], stages: [['image']] },
  { parts: ['kustomize'], stages: [['kustomize']] },
  { parts: ['source', 'kustomize'], stages: [['source'], ['kustomize']] },
  { parts: all, stages: [['image', 'source'], ['kustomize']] },
])('$parts are given back as $stages', ({ parts, stages }) => {
  expect(stagesOfReturn(parts)).toEqual(stages);
});

test('one part back, the others stay with tagalong: it is not removed', async () => {
  await handOver(all);
  expect(await giveBack(['image'])).toEqual(['Give image back to Flux']);
  expect(await readBot()).toBe(botOf(['source', 'kustomize']));
});

test('what is done already is not done again', async () => {
  await handOver(['image']);
  const found = await openFluxFolder(folder.path, undefined);
  expect(planHandover({ parts: ['image'], folder: found, bot: botOf(['image']), botNow: await readBot() })).toEqual([]);
});

test('the definitions of tagalong.dev are not kept from being pruned: they go with it', async () => {
  const found = await openFluxFolder(folder.path, undefined);
  const [first] = planHandover({ parts: ['image'], folder: found, bot: '', botNow: null });
  const text = first?.files[0]?.after ?? '';
  expect(text).toContain(String.raw`name: .*\.fluxcd\.io`);
  expect(/kind: CustomResourceDefinition\n\s+labelSelector/.test(text)).toBe(false);
});

test('Flux in a namespace of its own name is found there', async () => {
  await put(`${flux}/gotk-components.yaml`, namespaced('gitops'));
  expect(await openFluxFolder(folder.path, undefined)).toMatchObject({ namespace: 'gitops', path: flux });
});

test.for([
  { because: 'no such folder', change: async () => {}, path: 'nowhere', says: 'there is no such folder' },
  {
    because: 'several clusters',
    change: () => put('clusters/test/flux-system/gotk-components.yaml', namespaced('flux-system')),
    path: '.',
    says: '--flux-path',
  },
  {
    because: 'a list in one line',
    change: () => put(`${flux}/kustomization.yaml`, 'resources: [gotk-components.yaml]\npatches: [{ path: a.yaml }]\n'),
    path: '.',
    says: 'write patches as a list with one item a line',
  },
  {
    because: 'YAML that does not parse',
    change: () => put(`${flux}/kustomization.yaml`, 'resources: [\n'),
    path: '.',
    says: 'does not parse',
  },
])('$because is refused in words', async ({ change, path, says }) => {
  await change();
  await expect(openFluxFolder(at(path), undefined)).rejects.toThrow(says);
});

test('flags come out of the manifests as kustomize builds them, of the controllers of these parts alone', () => {
  const deployment = (name: string, args: readonly string[]) =>
    JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: { template: { spec: { containers: [{ args }] } } },
    });
  const text = [
    deployment('kustomize-controller', ['--default-service-account=tenant']),
    deployment('helm-controller', ['--feature-gates=X=true']),
    '',
  ].join('\n---\n');
  expect(carryFlags(fluxArguments(text, all), 'flux-system')).toEqual({
    flags: ['--default-service-account=tenant'],
    unknown: [],
    contradictions: [],
  });
});
