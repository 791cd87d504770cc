import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import type { SopsFormat } from '../../src/sops/index.ts';
import { requirePart } from '../real/index.ts';

const run = promisify(execFile);

/** Keys of every kind that need no service. */
export interface LocalKeys {
  readonly age: { readonly identity: string; readonly recipient: string };
  readonly hybrid: { readonly identity: string; readonly recipient: string };
  /** Armoured private keys, without passphrases, and their fingerprints. */
  readonly pgp: readonly { readonly fingerprint: string; readonly armored: string }[];
}

/** The real sops and gpg in a folder of their own, away from whatever the user of the machine has. */
export interface SopsTools extends AsyncDisposable {
  readonly folder: string;
  /** Encrypts a text with the real sops; `args` are the keys and the rules. */
  encrypt(text: string | Buffer, options: { format: SopsFormat; args: readonly string[]; config?: string }): Promise<Buffer>;
  /** What `sops -d` prints. Rejects with what it says. */
  decrypt(encrypted: Buffer, options: { format: SopsFormat; output?: SopsFormat }): Promise<Buffer>;
  createKeys(): Promise<LocalKeys>;
  /** Further variables that sops gets, such as addresses of key services. */
  readonly environment: Record<string, string>;
}

const extensions: Readonly<Record<SopsFormat, string>> = { yaml: 'yaml', json: 'json', dotenv: 'env', ini: 'ini', binary: 'bin' };

export function extensionOf(format: SopsFormat): string {
  return extensions[format];
}

export async function openSopsTools(): Promise<SopsTools> {
  const folder = await mkdtemp(join(tmpdir(), 'tagalong-sops-'));
  const home = join(folder, 'gnupg');
  await mkdir(home, { mode: 0o700 });
  const { PATH = '' } = process.env;
  const environment: Record<string, string> = { PATH, HOME: folder, GNUPGHOME: home, XDG_CONFIG_HOME: folder };
  let files = 0;
  const sops = async (args: readonly string[], bytes: string | Buffer, format: SopsFormat): Promise<Buffer> => {
    const file = join(folder, String(files++), `file.${extensionOf(format)}`);
    await mkdir(dirname(file));
    await writeFile(file, bytes);
    const options = { env: environment, encoding: 'buffer' as const, cwd: dirname(file), maxBuffer: 64 * 1024 * 1024 };
    const { stdout } = await run(requirePart('sops'), [...args, file], options);
    return stdout;
  };
  return {
    folder,
    environment,
    encrypt: async (text, { format, args, config }) => {
      const configArgs = config === undefined ? [] : ['--config', await writeConfig(folder, files, config)];
      return sops([...configArgs, '--encrypt', '--input-type', format, '--output-type', format, ...args], text, format);
    },
    decrypt: (encrypted, { format, output = format }) =>
      sops(['--decrypt', '--input-type', format, '--output-type', output], encrypted, format),
    createKeys: () => createKeys(environment),
    async [Symbol.asyncDispose]() {
      await run('gpgconf', ['--kill', 'all'], { env: environment }).catch(() => undefined);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function writeConfig(folder: string, number: number, config: string): Promise<string> {
  const file = join(folder, `config-${number}.yaml`);
  await writeFile(file, config);
  return file;
}

async function createKeys(environment: Record<string, string>): Promise<LocalKeys> {
  const [age, hybrid] = await Promise.all([generateX25519Identity(), generateHybridIdentity()]);
  environment['SOPS_AGE_KEY'] = `${age}\n${hybrid}`;
  return {
    age: { identity: age, recipient: await identityToRecipient(age) },
    hybrid: { identity: hybrid, recipient: await identityToRecipient(hybrid) },
    pgp: [await createPgpKey('rsa', environment), await createPgpKey('elliptic', environment)],
  };
}

async function createPgpKey(kind: 'rsa' | 'elliptic', environment: Record<string, string>) {
  const user = `${kind} <${kind}@example.com>`;
  const gpg = (...args: readonly string[]) =>
    run(requirePart('gpg'), ['--batch', '--pinentry-mode', 'loopback', ...args], { env: environment });
  await gpg('--passphrase', '', '--quick-generate-key', user, kind === 'rsa' ? 'rsa3072' : 'future-default', 'default', 'never');
  const { stdout } = await gpg('--list-keys', '--with-colons', user);
  const fingerprint = /^fpr:::::::::([0-9A-F]+):/m.exec(stdout)?.[1] ?? '';
  if (kind === 'rsa')
    await gpg('--passphrase', '', '--quick-add-key', fingerprint, 'rsa3072', 'encrypt', 'never').catch(() => undefined);
  const { stdout: armored } = await gpg('--passphrase', '', '--export-secret-keys', '--armor', fingerprint);
  return { fingerprint, armored };
}
