import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { secret } from '../journeys/support/resources.ts';
import { type Loop, startLoop } from '../journeys/support/start-loop.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { requirePart } from '../real/index.ts';

const execute = promisify(execFile);
const web = 'apps/web.yaml';

/** A folder of its own that ends with the test; short, since gpg's sockets have to fit into it. */
async function privateFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'sg-'));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

interface Keys {
  readonly type: 'gpg' | 'ssh';
  /** The Secret's content. */
  readonly data: Readonly<Record<string, string>>;
  /** git's own words about a commit, by the public key alone. Throws if the signature is not good. */
  verify(repository: string, commit: string): Promise<string>;
}

async function gpgKeys(folder: string, algorithm: string, passphrase: string): Promise<Keys> {
  const gpg = (...args: readonly string[]) =>
    execute(requirePart('gpg'), [
      '--homedir',
      folder,
      '--batch',
      '--pinentry-mode',
      'loopback',
      '--passphrase',
      passphrase,
      ...args,
    ]);
  await gpg('--quick-generate-key', 'Bot <bot@example.com>', algorithm, 'sign', 'never');
  const { stdout } = await gpg('--armor', '--export-secret-keys', 'bot@example.com');
  await execute('gpgconf', ['--homedir', folder, '--kill', 'gpg-agent']).catch(() => undefined);
  return {
    type: 'gpg',
    data: { 'git.asc': stdout, ...(passphrase === '' ? {} : { passphrase }) },
    async verify(repository, commit) {
      const { stderr } = await execute('git', ['-C', repository, 'verify-commit', '--raw', commit], { env: environment(folder) });
      return stderr;
    },
  };
}

async function sshKeys(folder: string, type: string, password: string, format: readonly string[] = []): Promise<Keys> {
  const file = join(folder, 'key');
  await execute(requirePart('ssh-keygen'), ['-q', '-t', type, '-N', password, '-C', 'bot', '-f', file, ...format]);
  const allowed = join(folder, 'allowed');
  await writeFile(allowed, `bot@example.com ${await readFile(`${file}.pub`, 'utf8')}`);
  return {
    type: 'ssh',
    data: { identity: await readFile(file, 'utf8'), ...(password === '' ? {} : { password }) },
    async verify(repository, commit) {
      const settings = ['-c', `gpg.ssh.allowedSignersFile=${allowed}`];
      const { stderr } = await execute('git', ['-C', repository, ...settings, 'verify-commit', commit], {
        env: environment(folder),
      });
      return stderr;
    },
  };
}

function environment(folder: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    GNUPGHOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
  };
}

function startSigning(keys: Pick<Keys, 'type' | 'data'>): Promise<Loop> {
  const commit = { signingKey: { type: keys.type, secretRef: { name: 'signing' } } };
  return startLoop({ automation: { spec: { git: { commit } } }, extra: [secret('signing', keys.data)] });
}

async function signsBy(keys: Keys, says: string): Promise<void> {
  await using loop = await startSigning(keys);
  await loop.pushTag('web', '1.1.0');
  await loop.lands(web, ':1.1.0');
  const repository = `${loop.folder}/git/fleet.git`;
  const head = await loop.main.head();
  expect(await keys.verify(repository, head)).toContain(says);
  // The header is part of what fsck checks, and the message is what it would be unsigned.
  await loop.main.git('fsck', '--strict', '--no-dangling');
  const [commit] = await loop.main.commits();
  expect(commit).toMatchObject({ author: 'Bot', subject: 'Update from image update automation' });
  expect(JSON.stringify(await loop.get('ImageUpdateAutomation', 'fleet'))).not.toContain('PRIVATE KEY');
}

describeWithParts(['gpg', 'git'], 'commits signed with OpenPGP are good to the real gpg', () => {
  test.for([
    { algorithm: 'ed25519', passphrase: '' },
    { algorithm: 'ed25519', passphrase: 'correct horse' },
    { algorithm: 'rsa2048', passphrase: 'päss wörd' },
  ])('$algorithm, passphrase "$passphrase"', async ({ algorithm, passphrase }) => {
    await using place = await privateFolder();
    await signsBy(await gpgKeys(place.folder, algorithm, passphrase), '[GNUPG:] GOODSIG');
  });

  test('two keys in one Secret are one too many', async () => {
    await using place = await privateFolder();
    await using other = await privateFolder();
    const [one, two] = [await gpgKeys(place.folder, 'ed25519', ''), await gpgKeys(other.folder, 'ed25519', '')];
    await stallsWith({ type: 'gpg', data: { 'git.asc': `${one.data['git.asc']}\n${two.data['git.asc']}` } }, 'exactly one key');
  });

  test('a wrong passphrase stalls, says so, and keeps it to itself', async () => {
    await using place = await privateFolder();
    const keys = await gpgKeys(place.folder, 'ed25519', 'right');
    await stallsWith({ type: 'gpg', data: { ...keys.data, passphrase: 'wr0ng-one' } }, 'the passphrase does not open it');
  });
});

async function stallsWith(keys: Pick<Keys, 'type' | 'data'>, says: string): Promise<void> {
  await using loop = await startSigning(keys);
  const stalled = await loop.until('it stalls', () => loop.condition('ImageUpdateAutomation', 'fleet', 'Stalled'));
  expect(stalled.reason).toBe('InvalidSigningKey');
  expect(stalled.message).toContain(says);
  for (const value of Object.values(keys.data).filter(Boolean)) expect(stalled.message).not.toContain(value);
  expect(await loop.main.commits()).toHaveLength(1);
}

describeWithParts(['ssh-keygen', 'git'], 'commits signed with ssh keys are good to git and ssh-keygen', () => {
  test.for([
    { type: 'ed25519', password: '', format: [] },
    { type: 'ed25519', password: 'correct horse', format: [] },
    { type: 'ecdsa', password: '', format: ['-b', '256'] },
    { type: 'ecdsa', password: 'x y', format: ['-b', '521'] },
    { type: 'rsa', password: '', format: ['-b', '2048'] },
    { type: 'rsa', password: 'päss', format: ['-b', '2048', '-m', 'PEM'] },
  ])('$type $format, password "$password"', async ({ type, password, format }) => {
    await using place = await privateFolder();
    await signsBy(await sshKeys(place.folder, type, password, format), 'Good "git" signature for bot@example.com');
  });

  test.for<{ because: string; change: Record<string, string>; says: string }>([
    { because: 'a wrong password', change: { password: 'wr0ng-one' }, says: 'the passphrase does not open it' },
    { because: 'no password', change: { password: '' }, says: 'the Secret has no passphrase' },
    { because: 'text that is no key', change: { identity: 'hello' }, says: 'it is no private key' },
    { because: 'a Secret without the key', change: { identity: '' }, says: "has no key 'identity'" },
  ])('$because stalls, and says so', async ({ change, says }) => {
    await using place = await privateFolder();
    const keys = await sshKeys(place.folder, 'ed25519', 'right');
    await stallsWith({ type: 'ssh', data: { ...keys.data, ...change } }, says);
  });
});
