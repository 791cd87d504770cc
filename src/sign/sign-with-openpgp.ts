import type { PrivateKey } from 'openpgp';
import { type Clock, errorMessage } from '../core/index.ts';
import { SignError, unusableKey } from './error.ts';
import type { CommitSigner, SigningKey } from './signing-key.ts';

/** A signer with an OpenPGP key. Afterwards it is certain that the key opens with its passphrase and may sign. */
export async function createOpenPgpSigner(key: SigningKey, clock: Clock): Promise<CommitSigner> {
  const openpgp = await import('openpgp');
  const privateKey = await unlock(await readOnlyKey(key), key);
  // The clock of a key's maker may be ahead of ours by a little.
  const date = () => new Date(Math.max(clock.now(), privateKey.getCreationTime().getTime()));
  await privateKey.getSigningKey(undefined, date()).catch((error: unknown) => {
    throw unusableKey('gpg', `it may not sign (${errorMessage(error)})`, error);
  });
  return {
    async sign(payload) {
      try {
        const message = await openpgp.createMessage({ binary: new Uint8Array(payload) });
        return await openpgp.sign({ message, signingKeys: privateKey, detached: true, format: 'armored', date: date() });
      } catch (error) {
        throw new SignError('SIGNING_FAILED', `signing a commit with the gpg key failed: ${errorMessage(error)}`, {
          cause: error,
        });
      }
    },
  };
}

async function readOnlyKey({ privateKey }: SigningKey): Promise<PrivateKey> {
  const { readPrivateKeys } = await import('openpgp');
  const keys = await readPrivateKeys({ armoredKeys: privateKey.reveal() }).catch((error: unknown) => {
    throw unusableKey('gpg', `it is no armored private key (${errorMessage(error)})`, error);
  });
  const [only] = keys;
  // The library reads the first block of several.
  const blocks = privateKey.reveal().split('-----BEGIN PGP PRIVATE KEY BLOCK-----').length - 1;
  if (only !== undefined && keys.length === 1 && blocks === 1) return only;
  throw unusableKey('gpg', `there has to be exactly one key, and there are ${Math.max(keys.length, blocks)}`);
}

async function unlock(key: PrivateKey, { passphrase }: SigningKey): Promise<PrivateKey> {
  if (key.isDecrypted()) return key;
  if (passphrase === undefined) throw unusableKey('gpg', 'it is protected, and the Secret has no passphrase');
  const { decryptKey } = await import('openpgp');
  return decryptKey({ privateKey: key, passphrase: passphrase.reveal() }).catch((error: unknown) => {
    throw unusableKey('gpg', 'the passphrase does not open it', error);
  });
}
