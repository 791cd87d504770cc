import type { OciRepository } from '../api/index.ts';
import { type Cluster, errorMessage } from '../core/index.ts';
import { verifyImage } from '../signature/index.ts';
import { SourceError } from '../source/index.ts';
import { readTrust } from './guard-trust.ts';
import type { OciPlace, ResolvedOciRef } from './oci-repository-ref.ts';

/**
 * The message of SourceVerified, or null where nothing is to be verified. What was verified stays so until the revision or the spec
 * changes, as in Flux. Throws VERIFICATION_FAILED.
 */
export async function verifyOciRevision(
  resource: OciRepository,
  { digest, revision }: ResolvedOciRef,
  { registry, image, access, signal }: OciPlace,
  cluster: Cluster,
): Promise<string | null> {
  const { verify } = resource.spec;
  if (verify === undefined) return null;
  const message = `verified signature of revision ${revision}`;
  if (wasVerified(resource, message)) return message;
  const { secretRef, trustedRootSecretRef } = verify;
  const attempt = `failed to verify the signature using provider 'cosign${secretRef === undefined ? ' keyless' : ''}'`;
  try {
    const trust = await readTrust(
      cluster,
      resource.metadata.namespace ?? '',
      { provider: 'cosign', secretRef, trustedRootSecretRef, matchOIDCIdentity: verify.matchOIDCIdentity ?? anybody },
      signal,
    );
    const answer = await verifyImage(registry, { image, digest, access }, trust, signal);
    if (answer.kind === 'signed') return message;
    throw new SourceError(
      'VERIFICATION_FAILED',
      `${attempt}: no matching signatures were found for '${revision}': ${answer.because}`,
    );
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof SourceError) throw cause;
    throw new SourceError('VERIFICATION_FAILED', `${attempt}: ${errorMessage(cause)}`, { cause });
  }
}

/** Without identities any that the root of trust vouches for suffices, as in Flux. */
const anybody = [{ issuer: '.*', subject: '.*' }];

function wasVerified({ status, metadata }: OciRepository, message: string): boolean {
  const verified = status?.conditions?.find(({ type }) => type === 'SourceVerified');
  return verified?.status === 'True' && verified.observedGeneration === metadata.generation && verified.message === message;
}
