import type { Key, KeyID } from 'openpgp';
import { errorMessage, type Instant } from '../core/index.ts';
import { GitError } from './error.ts';

/** How far ahead the clock of who signed may be. */
const clockSkewMs = 10 * 60_000;

/**
 * Checks an armoured detached OpenPGP signature against armoured key rings. Returns the id of the primary key whose it is. A key that has
 * expired or was revoked by `now` proves nothing any more: when a signature says that it was made is the signer's own word.
 */
export async function verifyPgpSignature(
  payload: Buffer,
  armoured: string,
  keyRings: readonly string[],
  now: Instant,
): Promise<string> {
  const openpgp = await import('openpgp'); // large, and seldom needed
  const keys = await readKeys(keyRings);
  const message = await openpgp.createMessage({ binary: new Uint8Array(payload) });
  const signature = await openpgp.readSignature({ armoredSignature: armoured }).catch(because('it cannot be read'));
  const { signatures } = await openpgp.verify({
    message,
    signature,
    verificationKeys: keys,
    format: 'binary',
    date: new Date(now + clockSkewMs),
  });
  const problems: string[] = [];
  for (const one of signatures) {
    const outcome = await judge(one, keys, now);
    if (outcome.kind === 'valid') return outcome.keyId;
    problems.push(outcome.because);
  }
  throw bad(problems.join('; ') || 'there is none');
}

async function readKeys(keyRings: readonly string[]): Promise<Key[]> {
  const { readKeys: read } = await import('openpgp');
  const blocks = keyRings.flatMap(
    (text) => text.match(/-----BEGIN PGP PUBLIC KEY BLOCK-----[\s\S]*?-----END PGP PUBLIC KEY BLOCK-----/g) ?? [text],
  );
  const rings = await Promise.all(
    blocks.map((armoredKeys) => read({ armoredKeys }).catch(because('a key ring cannot be read; it has to be armoured'))),
  );
  return rings.flat();
}

type Outcome = { readonly kind: 'valid'; readonly keyId: string } | { readonly kind: 'invalid'; readonly because: string };

interface Made {
  readonly keyID: KeyID;
  readonly verified: Promise<true>;
}

async function judge(one: Made, keys: readonly Key[], now: Instant): Promise<Outcome> {
  const made = one.keyID.toHex().toUpperCase();
  const key = keys.find((candidate) => candidate.getKeys(one.keyID).length > 0);
  if (key === undefined) return { kind: 'invalid', because: `none of the given keys is ${made}, which made it` };
  try {
    await one.verified;
  } catch (error) {
    return { kind: 'invalid', because: errorMessage(error) };
  }
  const keyId = key.getKeyID().toHex().toUpperCase();
  const expires = await key.getExpirationTime();
  if (expires === null || (expires instanceof Date && expires.getTime() <= now))
    return { kind: 'invalid', because: `key ${keyId} has expired` };
  if (await key.isRevoked(undefined, undefined, new Date(now))) return { kind: 'invalid', because: `key ${keyId} was revoked` };
  return { kind: 'valid', keyId };
}

function because(text: string): (cause: unknown) => never {
  return (cause) => {
    throw new GitError('BAD_SIGNATURE', `unable to verify the OpenPGP signature: ${text}: ${errorMessage(cause)}`, { cause });
  };
}

function bad(text: string): GitError {
  return new GitError('BAD_SIGNATURE', `unable to verify the OpenPGP signature: ${text}`);
}
