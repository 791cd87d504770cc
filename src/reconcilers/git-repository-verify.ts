import type { GitRepository } from '../api/index.ts';
import { type SecretObject, secretEntries } from '../auth/index.ts';
import { errorMessage, type GitMirror, type Instant, type Oid, TagalongError } from '../core/index.ts';
import { parseSignedCommit, parseSignedTag, type SignedObject, type TrustedKeys, verifySignature } from '../git/index.ts';
import { type ResolvedGitRef, SourceError } from '../source/index.ts';

export type VerificationMode = 'HEAD' | 'Tag' | 'TagAndHEAD';

/** What was checked, in Flux's words. */
export interface Verification {
  readonly mode: VerificationMode;
  readonly message: string;
}

export interface VerifyParts {
  readonly mirror: GitMirror;
  readonly resolved: ResolvedGitRef;
  readSecret(name: string): Promise<SecretObject>;
  readonly now: Instant;
}

/**
 * Checks what `spec.verify` asks for; null where it asks for nothing. Every run checks, so that a key that was taken away, has expired or was
 * revoked counts from then on. Throws VERIFICATION_FAILED with Flux's reasons.
 */
export async function verifyRevision({ spec }: GitRepository, parts: VerifyParts): Promise<Verification | null> {
  if (spec.verify === undefined) return null;
  const mode = spec.verify.mode === 'head' ? 'HEAD' : spec.verify.mode;
  const keys = await readKeys(spec.verify.secretRef.name, parts);
  const lines: string[] = [];
  if (mode !== 'HEAD') lines.push(await verifyTag(parts, keys));
  if (mode !== 'Tag') lines.push(await verifyCommit(parts, keys));
  return { mode, message: ['verified signature of', ...lines].join('\n\t- ') };
}

/** `*.sshpub` holds ssh keys, everything else an OpenPGP key ring. */
async function readKeys(name: string, { readSecret }: VerifyParts): Promise<TrustedKeys> {
  try {
    const entries = secretEntries(await readSecret(name));
    const texts = (isSsh: boolean) =>
      entries.flatMap(([key, text]) => (key.endsWith('.sshpub') === isSsh && text.trim() !== '' ? [text] : []));
    return { pgp: texts(false), ssh: texts(true) };
  } catch (cause) {
    if (cause instanceof TagalongError && !['SECRET_MISSING', 'INVALID_SECRET'].includes(cause.code)) throw cause;
    throw failed('VerificationError', `PGP public keys secret error: ${errorMessage(cause)}`, cause);
  }
}

async function verifyTag({ mirror, resolved, now }: VerifyParts, keys: TrustedKeys): Promise<string> {
  if (resolved.tag === null) {
    const text = "cannot verify tag object's signature if a tag reference is not specified";
    throw new SourceError('VERIFICATION_FAILED', text, { reason: 'InvalidVerificationMode', retry: 'never' });
  }
  const oid = await mirror.tagObject(resolved.tag);
  const shown = `${resolved.tag}@${oid ?? resolved.commit}`;
  const tag = oid === null ? null : parseSignedTag(await readObject(mirror, oid));
  if (tag === null || tag.signature === null)
    throw failed('InvalidGitObject', `cannot verify signature of tag '${shown}' since it is not signed`);
  // Else whoever may push could give an old version's signed tag a new name.
  if (tag.name !== resolved.tag)
    throw failed(
      'InvalidTagSignature',
      `signature verification of tag '${shown}' failed: what is signed is a tag named '${tag.name}'`,
    );
  const key = await check(tag, keys, now, 'InvalidTagSignature', `signature verification of tag '${shown}' failed`);
  return `tag '${shown}' with key '${key}'`;
}

async function verifyCommit({ mirror, resolved, now }: VerifyParts, keys: TrustedKeys): Promise<string> {
  const { commit } = resolved;
  const failure = `signature verification of commit '${commit}' failed`;
  const signed = parseSignedCommit(await readObject(mirror, commit));
  return `commit '${commit}' with key '${await check(signed, keys, now, 'InvalidCommitSignature', failure)}'`;
}

async function check(object: SignedObject, keys: TrustedKeys, now: Instant, reason: string, failure: string): Promise<string> {
  try {
    return await verifySignature(object, keys, now);
  } catch (cause) {
    throw failed(reason, `${failure}: ${errorMessage(cause)}`, cause);
  }
}

async function readObject(mirror: GitMirror, oid: Oid): Promise<Buffer> {
  const object = await mirror.object(oid);
  if (object !== null) return object.bytes;
  throw failed('InvalidGitObject', `object ${oid} is not in the mirror; it is fetched again`);
}

function failed(reason: string, message: string, cause?: unknown): SourceError {
  return new SourceError('VERIFICATION_FAILED', message, { reason, ...(cause === undefined ? {} : { cause }) });
}
