import type { OciRepository } from '../api/index.ts';
import { type Cluster, errorMessage, type NamespacedName } from '../core/index.ts';
import { type Trust, verifyImage } from '../signature/index.ts';
import { SourceError } from '../source/index.ts';
import { readTrust } from './guard-trust.ts';
import type { OciPlace, ResolvedOciRef } from './oci-repository-ref.ts';

export interface OciVerification {
  readonly cluster: Cluster;
  /** A ConfigMap with `trusted_root.json`, for those that name no root of their own. */
  readonly trustedRoot?: NamespacedName | undefined;
}

/**
 * The message of SourceVerified, or null where nothing is to be verified. What was verified stays so until the revision or the spec
 * changes, as in Flux. Throws VERIFICATION_FAILED.
 */
export async function verifyOciRevision(
  resource: OciRepository,
  { digest, revision }: ResolvedOciRef,
  { registry, image, access, signal }: OciPlace,
  own: OciVerification,
): Promise<string | null> {
  const { verify } = resource.spec;
  if (verify === undefined) return null;
  const message = `verified signature of revision ${revision}`;
  if (wasVerified(resource, message)) return message;
  const { secretRef } = verify;
  const attempt = `failed to verify the signature using provider 'cosign${secretRef === undefined ? ' keyless' : ''}'`;
  try {
    const trust = await trustOf(resource, own, signal);
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

async function trustOf(resource: OciRepository, own: OciVerification, signal: AbortSignal): Promise<Trust> {
  const { secretRef, trustedRootSecretRef, matchOIDCIdentity = anybody } = resource.spec.verify ?? {};
  const named = { provider: 'cosign', matchOIDCIdentity } as const;
  if (secretRef !== undefined || trustedRootSecretRef !== undefined)
    return readTrust(own.cluster, resource.metadata.namespace ?? '', { ...named, secretRef, trustedRootSecretRef }, signal);
  if (own.trustedRoot === undefined) throw new SourceError('NO_TRUSTED_ROOT', noTrustedRoot, { retry: 'never' });
  const { namespace, name } = own.trustedRoot;
  return readTrust(own.cluster, namespace, { ...named, trustedRootConfigMapRef: { name } }, signal);
}

const noTrustedRoot =
  'spec.verify: without secretRef it needs a root of trust, since nothing is asked of the public Sigstore: put its trusted_root.json under that name into a Secret and set spec.verify.trustedRootSecretRef.name, or into a ConfigMap for `tagalong run --sigstore-trusted-root`';

/** Without identities any that the root of trust vouches for suffices, as in Flux. */
const anybody = [{ issuer: '.*', subject: '.*' }];

function wasVerified({ status, metadata }: OciRepository, message: string): boolean {
  const verified = status?.conditions?.find(({ type }) => type === 'SourceVerified');
  return verified?.status === 'True' && verified.observedGeneration === metadata.generation && verified.message === message;
}
