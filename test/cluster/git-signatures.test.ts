import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { parseSignedCommit, parseSignedTag, type TrustedKeys, verifySignature } from '../../src/git/index.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { requirePart } from '../real/index.ts';

const execute = promisify(execFile);

/** A person's repository and home, in which git, gpg and ssh-keygen work as they come. */
class Person {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  async run(program: string, ...args: readonly string[]): Promise<string> {
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: this.folder,
      GNUPGHOME: this.folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: join(this.folder, 'gitconfig'),
    };
    const { stdout } = await execute(program, args, { cwd: this.folder, env, encoding: 'latin1' });
    return stdout;
  }

  git(...args: readonly string[]): Promise<string> {
    return this.run('git', ...args);
  }

  async object(type: 'commit' | 'tag', name: string): Promise<Buffer> {
    return Buffer.from(await this.git('cat-file', type, name), 'latin1');
  }

  /** Makes an OpenPGP key, and signs with it from now on. Returns its key ring and id. */
  async usePgp(algorithm: string, expires = 'never'): Promise<{ ring: string; id: string }> {
    const gpg = requirePart('gpg');
    const user = `${algorithm}-${expires} <ada@example.com>`;
    const quiet = ['--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', ''];
    await this.run(gpg, ...quiet, '--quick-generate-key', user, algorithm, 'sign', expires);
    const listing = await this.run(gpg, '--batch', '--with-colons', '--list-keys', `=${user}`);
    const id = /^pub:[^:]*:[^:]*:[^:]*:([0-9A-F]{16}):/m.exec(listing)?.[1] ?? '';
    await this.git('config', 'gpg.format', 'openpgp');
    await this.git('config', 'user.signingKey', id);
    return { ring: await this.run(gpg, '--batch', '--armor', '--export', id), id };
  }

  /** Makes an ssh key, and signs with it from now on. Returns its public line and fingerprint. */
  async useSsh(type: string, ...more: readonly string[]): Promise<{ line: string; fingerprint: string }> {
    const file = join(this.folder, `key-${type}${more.join('')}`);
    const keygen = requirePart('ssh-keygen');
    await this.run(keygen, '-q', '-t', type, ...more, '-N', '', '-C', 'ada', '-f', file);
    await this.git('config', 'gpg.format', 'ssh');
    await this.git('config', 'user.signingKey', `${file}.pub`);
    const listing = await this.run(keygen, '-l', '-f', `${file}.pub`);
    return { line: await readFile(`${file}.pub`, 'utf8'), fingerprint: listing.split(' ')[1] ?? '' };
  }

  async commit(message: string): Promise<Buffer> {
    await this.git('commit', '--quiet', '--allow-empty', '-S', '-m', message);
    return this.object('commit', 'HEAD');
  }
}

async function createPerson(): Promise<Person> {
  const folder = await mkdtemp(join(tmpdir(), 'tagalong-signer-'));
  const person = new Person(folder);
  onTestFinished(async () => {
    await person.run('gpgconf', '--kill', 'all').catch(() => {});
    await rm(folder, { recursive: true, force: true });
  });
  await person.git('init', '--quiet', '--initial-branch=main');
  await person.git('config', 'user.name', 'Ada');
  await person.git('config', 'user.email', 'ada@example.com');
  return person;
}

const check = (bytes: Buffer, keys: Partial<TrustedKeys>) =>
  verifySignature(parseSignedCommit(bytes), { pgp: [], ssh: [], ...keys }, Date.now());

describeWithParts(['gpg', 'git'], 'signatures made by the real gpg', () => {
  test.for(['rsa3072', 'ed25519', 'nistp256'])('a commit signed with a key of %s', async (algorithm) => {
    const person = await createPerson();
    const { ring, id } = await person.usePgp(algorithm);
    const commit = await person.commit('Signed\n\ngpgsig this line is no header\n');
    expect(await check(commit, { pgp: [ring] })).toBe(id);
    const other = (await person.usePgp('ed25519', '1y')).ring;
    expect(await check(commit, { pgp: [other, ring] })).toBe(id);
    expect(await check(commit, { pgp: [`${other}\n${ring}`] })).toBe(id);
    await expect(check(commit, { pgp: [other] })).rejects.toThrow(new RegExp(`none of the given keys is ${id}`));
    await expect(check(commit, { pgp: [] })).rejects.toMatchObject({ code: 'BAD_SIGNATURE' });
    const forged = Buffer.from(commit.toString('latin1').replace('Signed', 'Forged'), 'latin1');
    await expect(check(forged, { pgp: [ring] })).rejects.toMatchObject({ code: 'BAD_SIGNATURE' });
  });

  test('a tag, by a subkey, counts as its primary key', async () => {
    const person = await createPerson();
    const { id } = await person.usePgp('ed25519');
    const gpg = requirePart('gpg');
    const full =
      /^fpr:::::::::([0-9A-F]{40}):/m.exec(await person.run(gpg, '--batch', '--with-colons', '--list-keys', id))?.[1] ?? '';
    const quiet = ['--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', ''];
    await person.run(gpg, ...quiet, '--quick-add-key', full, 'rsa3072', 'sign', 'never');
    const ring = await person.run(gpg, '--batch', '--armor', '--export', id);
    await person.commit('First');
    await person.git('tag', '-s', 'v1.0.0', '-m', 'One');
    const tag = parseSignedTag(await person.object('tag', 'v1.0.0'));
    expect(tag.name).toBe('v1.0.0');
    expect(await verifySignature(tag, { pgp: [ring], ssh: [] }, Date.now())).toBe(id);
    const tampered = { ...tag, payload: Buffer.concat([tag.payload, Buffer.from('x')]) };
    await expect(verifySignature(tampered, { pgp: [ring], ssh: [] }, Date.now())).rejects.toMatchObject({
      code: 'BAD_SIGNATURE',
    });
  });

  test('a key that has expired or was revoked proves nothing any more', async () => {
    const person = await createPerson();
    const { ring, id } = await person.usePgp('ed25519', '2d');
    const commit = await person.commit('In time');
    expect(await check(commit, { pgp: [ring] })).toBe(id);
    const later = verifySignature(parseSignedCommit(commit), { pgp: [ring], ssh: [] }, Date.now() + 3 * 24 * 3_600_000);
    await expect(later).rejects.toThrow(/expired/);
    const gpg = requirePart('gpg');
    const full =
      /^fpr:::::::::([0-9A-F]{40}):/m.exec(await person.run(gpg, '--batch', '--with-colons', '--list-keys', id))?.[1] ?? '';
    const stored = await readFile(join(person.folder, 'openpgp-revocs.d', `${full}.rev`), 'utf8');
    await writeFile(join(person.folder, 'revoke'), stored.replace(':-----BEGIN', '-----BEGIN'));
    await person.run(gpg, '--batch', '--quiet', '--import', 'revoke');
    const revoked = await person.run(gpg, '--batch', '--armor', '--export', id);
    await expect(check(commit, { pgp: [revoked] })).rejects.toThrow(/revoked/);
  });
});

describeWithParts(['ssh-keygen', 'git'], 'signatures made by the real ssh-keygen', () => {
  test.for([
    ['ed25519'],
    ['ecdsa', '-b', '256'],
    ['ecdsa', '-b', '384'],
    ['ecdsa', '-b', '521'],
    ['rsa', '-b', '2048'],
    ['rsa', '-b', '4096'],
  ])('a commit and a tag signed with a key of %s', async ([type = '', ...more]) => {
    const person = await createPerson();
    const { line, fingerprint } = await person.useSsh(type, ...more);
    const commit = await person.commit('Signed');
    const options = `namespaces="git",valid-after="20200101" ${line}`;
    expect(await check(commit, { ssh: [`# who may\n\n${line}`] })).toBe(fingerprint);
    expect(await check(commit, { ssh: [options] })).toBe(fingerprint);
    await person.git('tag', '-s', 'v1', '-m', 'One');
    const tag = parseSignedTag(await person.object('tag', 'v1'));
    expect(await verifySignature(tag, { pgp: [], ssh: [line] }, Date.now())).toBe(fingerprint);
    const stranger = await (await createPerson()).useSsh('ed25519');
    await expect(check(commit, { ssh: [stranger.line] })).rejects.toThrow(/none of the given keys/);
    const forged = Buffer.from(commit.toString('latin1').replace('Signed', 'Forged'), 'latin1');
    await expect(check(forged, { ssh: [line] })).rejects.toThrow(/over this object/);
  });

  test('a signature made for something else than git is none', async () => {
    const person = await createPerson();
    const { line } = await person.useSsh('ed25519');
    const commit = parseSignedCommit(await person.commit('Signed'));
    await writeFile(join(person.folder, 'payload'), commit.payload);
    await person.run(requirePart('ssh-keygen'), '-q', '-Y', 'sign', '-f', 'key-ed25519', '-n', 'file', 'payload');
    const signature = await readFile(join(person.folder, 'payload.sig'), 'utf8');
    await expect(verifySignature({ ...commit, signature }, { pgp: [], ssh: [line] }, Date.now())).rejects.toThrow(
      /made for 'file'/,
    );
  });

  test('an unsigned commit, and one signed with a certificate of x509, say so', async () => {
    const person = await createPerson();
    await person.git('commit', '--quiet', '--allow-empty', '-m', 'Plain');
    const plain = await person.object('commit', 'HEAD');
    await expect(check(plain, {})).rejects.toThrow('unsupported signature type: empty');
    const signed = Buffer.from(plain.toString().replace('\n\n', '\ngpgsig -----BEGIN SIGNED MESSAGE-----\n x\n\n'));
    await expect(check(signed, {})).rejects.toThrow('unsupported signature type: x509');
  });
});
