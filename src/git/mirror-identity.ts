import { createHmac, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GitCredentials, GitRemote } from '../core/index.ts';

/** The key that mirrors' names are made with: random, kept beside them, readable by us alone. */
export async function loadIdentityKey(folder: string): Promise<Buffer> {
  const file = join(folder, '.key');
  const known = await readFile(file).catch(() => null);
  if (known?.length === 32) return known;
  const key = randomBytes(32);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(file, key, { mode: 0o600 });
  return key;
}

/**
 * The name of a remote's mirror: equal only for the same URL, credentials, authority, client certificate and proxy. The secrets enter
 * through a keyed hash, so that a name tells nobody whether he guessed one.
 */
export function identifyMirror({ url, credentials, ca, clientCertificate, proxy, owner }: GitRemote, key: Buffer): string {
  const client = clientCertificate && [clientCertificate.certificate, clientCertificate.key.reveal()];
  const identity = JSON.stringify([
    url,
    owner === undefined ? describeCredentials(credentials) : ['owner', credentials.kind, owner],
    ca ?? null,
    client ?? null,
    proxy ?? null,
  ]);
  return createHmac('sha256', key).update(identity).digest('hex');
}

function describeCredentials(credentials: GitCredentials): readonly string[] {
  switch (credentials.kind) {
    case 'none':
      return ['none'];
    case 'basic':
      return ['basic', credentials.username, credentials.password.reveal()];
    case 'bearer':
      return ['bearer', credentials.token.reveal()];
    case 'ssh':
      return ['ssh', credentials.identity.reveal(), credentials.knownHosts, credentials.passphrase?.reveal() ?? ''];
    default:
      return credentials satisfies never;
  }
}
