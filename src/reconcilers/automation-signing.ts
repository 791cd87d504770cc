import { createHash } from 'node:crypto';
import type { ImageUpdateAutomation } from '../api/index.ts';
import { readSecretData } from '../auth/index.ts';
import { type Clock, type Cluster, nameOf, Secret, type StepContext } from '../core/index.ts';
import { type CommitSigner, createSigner, type SigningKey } from '../sign/index.ts';
import { failAs, stalled } from './automation-failure.ts';
import { readSecret } from './secrets.ts';

/** Signers by the digest of their key: opening a protected key takes a good part of a second. */
export interface Signers {
  of(key: SigningKey, clock: Clock): Promise<CommitSigner>;
}

const keptAtMost = 32;

export function createSigners(): Signers {
  const known = new Map<string, CommitSigner>();
  return {
    async of(key, clock) {
      const digest = digestOf(key);
      const signer = known.get(digest) ?? (await createSigner(key, clock));
      if (known.size >= keptAtMost) known.clear();
      known.set(digest, signer);
      return signer;
    },
  };
}

function digestOf({ kind, privateKey, passphrase }: SigningKey): string {
  const text = JSON.stringify([kind, privateKey.reveal(), passphrase?.reveal()]);
  return createHash('sha256').update(text).digest('hex');
}

/**
 * What signs the commits of an automation; null where it wants none signed. The Secret is one of the automation's namespace, with Flux's keys:
 * `git.asc` and `passphrase`, or `identity` and `password`.
 * @throws TagalongError that stalls the object if the key cannot be used
 */
export async function readSigner(
  resource: ImageUpdateAutomation,
  { clock, signal }: Pick<StepContext, 'clock' | 'signal'>,
  { cluster, signers }: { readonly cluster: Cluster; readonly signers: Signers },
): Promise<CommitSigner | null> {
  const wanted = resource.spec.git?.commit.signingKey;
  if (wanted === undefined) return null;
  const { namespace } = nameOf(resource);
  const unconfigured = failAs('failed configuring source manager', 'SourceManagerFailed');
  const secret = await readSecret(cluster, namespace, wanted.secretRef.name, signal).catch(unconfigured);
  const data = readSecretData(secret);
  const kind = wanted.type ?? 'gpg';
  const fields = kind === 'gpg' ? (['git.asc', 'passphrase'] as const) : (['identity', 'password'] as const);
  const [privateKey, passphrase] = fields.map((field) => data.text(field));
  if (privateKey === undefined) {
    const message = `spec.git.commit.signingKey: secret '${namespace}/${wanted.secretRef.name}' has no key '${fields[0]}', which a ${kind} key has to be in`;
    throw stalled('InvalidSigningKey', message);
  }
  const key: SigningKey = {
    ...{ kind, privateKey: new Secret(privateKey) },
    ...(passphrase === undefined ? {} : { passphrase: new Secret(passphrase) }),
  };
  return signers.of(key, clock);
}
