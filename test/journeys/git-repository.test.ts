import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { GitRepositoryStatus } from '../../src/api/index.ts';
import { git, writeFiles } from '../git/fixture.ts';
import { createSshSigner, signCommit, signTag } from '../git/sign-with-ssh.ts';
import { hurry } from './support/hurry.ts';
import { gitRepository, secret } from './support/resources.ts';
import { conditionOf, type Loop, startLoop } from './support/start-loop.ts';

async function startSources(options: Parameters<typeof startLoop>[0] = {}): Promise<Loop> {
  const loop = await startLoop({ source: null, automation: null, repository: null, policy: null, ...options });
  onTestFinished(() => loop[Symbol.asyncDispose]());
  return loop;
}

async function statusOf(loop: Loop, name = 'fleet'): Promise<GitRepositoryStatus> {
  return ((await loop.get('GitRepository', name))['status'] ?? {}) as GitRepositoryStatus;
}

const url = (loop: Loop, name = 'fleet') => `${loop.gitHost.baseUrl}/${name}.git`;
const bareOf = (loop: Loop) => join(loop.folder, 'git/fleet.git');

/** Signs the head of main on the host, as its author would have. */
async function signMain(loop: Loop, signer: ReturnType<typeof createSshSigner>): Promise<string> {
  const oid = await signCommit(bareOf(loop), signer, 'main');
  await git(bareOf(loop), 'update-ref', 'refs/heads/main', oid);
  return oid;
}

test('only what is signed by a trusted key becomes an artifact, and the last one stays', async () => {
  const loop = await startSources();
  const [ada, eve] = [createSshSigner(), createSshSigner()];
  const signed = await signMain(loop, ada);
  await loop.apply(secret('keys', { 'ada.sshpub': ada.line }));
  await loop.apply(gitRepository(url(loop), { spec: { verify: { secretRef: { name: 'keys' } } } }));
  await loop.ready('GitRepository', 'fleet');
  const first = await statusOf(loop);
  expect(first.artifact?.revision).toBe(`main@sha1:${signed}`);
  expect(first.sourceVerificationMode).toBe('HEAD');
  const verified = await loop.condition('GitRepository', 'fleet', 'SourceVerified');
  expect(verified).toMatchObject({ status: 'True', reason: 'Succeeded' });
  expect(verified?.message).toMatch(/^verified signature of\n\t- commit '[0-9a-f]{40}' with key 'SHA256:[\w+/]{43}'$/);

  await git(loop.person.folder, 'pull', '--quiet', '--rebase', bareOf(loop), 'main');
  for (const [signer, because] of [
    [null, /unsupported signature type: empty/],
    [eve, /none of the given keys/],
  ] as const) {
    await writeFiles(loop.person.folder, { 'note.txt': `${because}` });
    await git(loop.person.folder, 'add', '--all');
    await git(loop.person.folder, 'commit', '--quiet', '-m', 'Not by Ada');
    await git(loop.person.folder, 'push', '--quiet', '--force', bareOf(loop), 'HEAD:main');
    const head = signer === null ? await git(bareOf(loop), 'rev-parse', 'main') : await signMain(loop, signer);
    await loop.request('GitRepository', 'fleet');
    const ready = await loop.ready('GitRepository', 'fleet', 'False');
    expect(ready).toMatchObject({ reason: 'InvalidCommitSignature' });
    expect(ready.message).toMatch(`signature verification of commit '${head}' failed`);
    expect(ready.message).toMatch(because);
    expect(await loop.condition('GitRepository', 'fleet', 'SourceVerified')).toMatchObject({ status: 'False' });
    expect((await statusOf(loop)).artifact).toEqual(first.artifact);
  }

  await loop.patch('GitRepository', 'fleet', { spec: { verify: null } });
  await hurry(loop, loop.ready('GitRepository', 'fleet'));
  const open = await statusOf(loop);
  expect(open.artifact?.revision).not.toBe(first.artifact?.revision);
  expect(open.sourceVerificationMode).toBeUndefined();
  expect(await loop.condition('GitRepository', 'fleet', 'SourceVerified')).toBeUndefined();
});

test('a key that is taken away counts at the next run, and a missing Secret is told', async () => {
  const loop = await startSources();
  const [ada, eve] = [createSshSigner(), createSshSigner()];
  await signMain(loop, ada);
  await loop.apply(secret('keys', { 'ada.sshpub': ada.line }));
  await loop.apply(gitRepository(url(loop), { spec: { verify: { mode: 'head', secretRef: { name: 'keys' } } } }));
  await loop.ready('GitRepository', 'fleet');
  await loop.apply(secret('keys', { 'eve.sshpub': eve.line }));
  await loop.request('GitRepository', 'fleet');
  expect(await loop.ready('GitRepository', 'fleet', 'False')).toMatchObject({ reason: 'InvalidCommitSignature' });
  await loop.patch('GitRepository', 'fleet', { spec: { verify: { secretRef: { name: 'nowhere' } } } });
  await loop.until('the missing Secret to be told', async () => {
    const ready = await loop.condition('GitRepository', 'fleet', 'Ready');
    return ready?.reason === 'VerificationError' && /PGP public keys secret error: .*default\/nowhere/.test(ready.message);
  });
});

test('a tag has to be signed itself, under its own name', async () => {
  const loop = await startSources();
  const ada = createSshSigner();
  const bare = bareOf(loop);
  await loop.apply(secret('keys', { 'ada.sshpub': ada.line }));
  const spec = (tag: string, mode: string) => ({
    spec: { ref: { branch: null, tag }, verify: { mode, secretRef: { name: 'keys' } } },
  });
  const tag = await signTag(bare, ada, 'v1.0.0', 'main');
  await git(bare, 'update-ref', 'refs/tags/v1.0.0', tag);
  await git(bare, 'update-ref', 'refs/tags/v2.0.0', tag); // the old version under a new name
  await git(bare, 'tag', 'v0.1.0', 'main');
  await loop.apply(gitRepository(url(loop), spec('v1.0.0', 'Tag')));
  await loop.ready('GitRepository', 'fleet');
  expect((await statusOf(loop)).sourceVerificationMode).toBe('Tag');
  const verified = await loop.condition('GitRepository', 'fleet', 'SourceVerified');
  expect(verified?.message).toMatch(`verified signature of\n\t- tag 'v1.0.0@${tag}' with key 'SHA256:`);

  await loop.apply(
    gitRepository(url(loop), spec('v2.0.0', 'Tag'), 'renamed'),
    gitRepository(url(loop), spec('v0.1.0', 'Tag'), 'light'),
    gitRepository(url(loop), spec('v1.0.0', 'TagAndHEAD'), 'both'),
    gitRepository(url(loop), { spec: { verify: { mode: 'Tag', secretRef: { name: 'keys' } } } }, 'branch'),
  );
  const failed = async (name: string) => {
    const { reason, message } = await loop.ready('GitRepository', name, 'False');
    return `${reason}: ${message}`;
  };
  expect(await failed('renamed')).toMatch(/^InvalidTagSignature: .* what is signed is a tag named 'v1.0.0'/);
  expect(await failed('light')).toMatch(
    /^InvalidGitObject: cannot verify signature of tag 'v0.1.0@[0-9a-f]{40}' since it is not signed/,
  );
  expect(await failed('both')).toMatch(/^InvalidCommitSignature: /);
  expect(await failed('branch')).toMatch(
    /^InvalidVerificationMode: cannot verify tag object's signature if a tag reference is not specified/,
  );
  expect(conditionOf(await loop.get('GitRepository', 'branch'), 'Stalled')).toMatchObject({ reason: 'InvalidVerificationMode' });
});

test('a bump of our own that does not verify is not followed', async () => {
  const loop = await startSources({ source: null, automation: {}, repository: {}, policy: {} });
  const ada = createSshSigner();
  const signed = await signMain(loop, ada);
  await loop.apply(secret('keys', { 'ada.sshpub': ada.line }));
  await loop.apply(gitRepository(url(loop), { spec: { verify: { secretRef: { name: 'keys' } } } }));
  await loop.ready('GitRepository', 'fleet');
  await loop.pushTag('web', '1.1.0');
  await loop.lands('apps/web.yaml', ':1.1.0');
  expect(await loop.ready('GitRepository', 'fleet', 'False')).toMatchObject({ reason: 'InvalidCommitSignature' });
  expect((await statusOf(loop)).artifact?.revision).toBe(`main@sha1:${signed}`);
});

async function seed(
  loop: Loop,
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<(path: string, text: string) => Promise<void>> {
  const bare = await loop.gitHost.createRepository(name);
  const folder = join(loop.folder, `clone-${name}`);
  await git(loop.folder, 'clone', '--quiet', bare, folder);
  const commit = async (changes: Readonly<Record<string, string>>) => {
    await writeFiles(folder, changes);
    await git(folder, 'add', '--all');
    await git(folder, 'commit', '--quiet', '-m', 'Change');
    await git(folder, 'push', '--quiet', 'origin', 'HEAD:main');
  };
  await commit(files);
  return (path, text) => commit({ [path]: text });
}

test('includes wait for what they need, and follow it at once', async () => {
  const loop = await startSources();
  const change = await seed(loop, 'lib', { 'base/a.yaml': 'a: 1\n', 'other.yaml': 'o: 1\n' });
  const include = [{ repository: { name: 'lib' }, fromPath: 'base', toPath: 'vendor' }, { repository: { name: 'lib' } }];
  await loop.apply(gitRepository(url(loop), { spec: { include } }));
  const missing = await loop.ready('GitRepository', 'fleet', 'False');
  expect(missing).toMatchObject({ reason: 'NotFound' });
  expect(missing.message).toMatch(/^could not get resource for include 'lib': .* not found/);
  expect(await loop.condition('GitRepository', 'fleet', 'IncludeUnavailable')).toMatchObject({ status: 'True' });

  await loop.apply(gitRepository(url(loop, 'lib'), {}, 'lib'));
  await loop.ready('GitRepository', 'fleet'); // by the wake, not by the clock
  const first = await statusOf(loop);
  const lib = await statusOf(loop, 'lib');
  expect(first.includedArtifacts).toEqual([lib.artifact, lib.artifact]);
  expect(first.observedInclude).toEqual(include);
  expect(await loop.condition('GitRepository', 'fleet', 'IncludeUnavailable')).toBeUndefined();

  await change('base/a.yaml', 'a: 2\n');
  await loop.request('GitRepository', 'lib');
  const second = await loop.until('the included change to arrive', async () => {
    const status = await statusOf(loop);
    return status.artifact?.digest !== first.artifact?.digest && status;
  });
  expect(second.artifact?.revision).toBe(first.artifact?.revision);
  expect(second.includedArtifacts?.[0]).toEqual((await statusOf(loop, 'lib')).artifact);
  await loop.rests();

  // After a restart the artifacts are made again in any order, and nothing moves.
  await loop.stopApp();
  await loop.startApp();
  await loop.request('GitRepository', 'fleet');
  await loop.rests();
  expect((await statusOf(loop)).artifact).toEqual(second.artifact);

  await loop.patch('GitRepository', 'fleet', { spec: { include: [{ repository: { name: 'lib' }, fromPath: 'nope' }] } });
  const broken = await loop.until('the missing path to be told', async () => {
    const ready = await loop.condition('GitRepository', 'fleet', 'Ready');
    return ready?.status === 'False' && ready;
  });
  expect(broken).toMatchObject({ reason: 'CopyFailure' });
  await loop.patch('GitRepository', 'fleet', { spec: { include: null } });
  await hurry(loop, loop.ready('GitRepository', 'fleet'));
  expect((await statusOf(loop)).includedArtifacts).toBeUndefined();
});

test('repositories that include each other are told their path, and go on when it is broken', async () => {
  const loop = await startSources();
  const including = (name: string) => ({ spec: { include: [{ repository: { name } }] } });
  await loop.apply(
    gitRepository(url(loop), including('b'), 'a'),
    gitRepository(url(loop), including('c'), 'b'),
    gitRepository(url(loop), including('a'), 'c'),
  );
  await loop.until('all three to be stalled', async () => {
    const reasons = await Promise.all(['a', 'b', 'c'].map((name) => loop.condition('GitRepository', name, 'Stalled')));
    return reasons.every((condition) => condition?.reason === 'DependencyCycle');
  });
  expect((await loop.condition('GitRepository', 'a', 'Ready'))?.message).toMatch('a -> b -> c -> a');
  await loop.patch('GitRepository', 'c', { spec: { include: null } });
  for (const name of ['a', 'b', 'c']) await loop.ready('GitRepository', name);
});

test('sparse checkout and submodules show in status, and changing them makes the artifact anew', async () => {
  const loop = await startSources();
  await loop.apply(gitRepository(url(loop), { spec: { sparseCheckout: ['apps'], recurseSubmodules: true } }));
  await loop.ready('GitRepository', 'fleet');
  const first = await statusOf(loop);
  expect(first).toMatchObject({ observedSparseCheckout: ['apps'], observedRecurseSubmodules: true });
  await loop.patch('GitRepository', 'fleet', { spec: { sparseCheckout: ['nope'] } });
  const ready = await loop.until('the missing folder to be told', async () => {
    const condition = await loop.condition('GitRepository', 'fleet', 'Ready');
    return condition?.status === 'False' && condition;
  });
  expect(ready.message).toMatch("sparse checkout dir 'nope' does not exist in repository");
  await loop.patch('GitRepository', 'fleet', { spec: { sparseCheckout: null, recurseSubmodules: null } });
  await hurry(loop, loop.ready('GitRepository', 'fleet'));
  const last = await statusOf(loop);
  expect(last.observedSparseCheckout).toBeUndefined();
  expect(last.observedRecurseSubmodules).toBeUndefined();
});

test('an archive that was lost or spoilt is made again, the same as before', async () => {
  const loop = await startSources({ asleep: true });
  await loop.startApp({ artifacts: { host: '127.0.0.1', port: 0 } });
  await loop.apply(gitRepository(url(loop)));
  await loop.ready('GitRepository', 'fleet');
  const { artifact } = await statusOf(loop);
  const download = async () => (await fetch(artifact?.url ?? '')).status;
  expect(await download()).toBe(200);
  await rm(join(loop.stateFolder, 'artifacts', artifact?.path ?? ''));
  expect(await download()).toBe(404);
  await loop.request('GitRepository', 'fleet');
  expect(await download()).toBe(200);
  expect((await statusOf(loop)).artifact).toEqual(artifact);
});
