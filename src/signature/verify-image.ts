import { Verifier } from '@sigstore/verify';
import { errorMessage, type Registry } from '../core/index.ts';
import { findSignatures, type SignedImage } from './find-signatures.ts';
import type { FoundSignature } from './signature.ts';
import type { Trust } from './trust.ts';

export type SignatureAnswer =
  /** `by` names the key or the identity, for people. */
  { readonly kind: 'signed'; readonly by: string } | { readonly kind: 'unsigned'; readonly because: string };

/**
 * Whether one of the signatures at an image is of exactly this digest and by somebody who is trusted. Offline: keys, or authorities and
 * logs of a given root; nothing is asked but the image's own registry. Throws what reading the registry throws.
 */
export async function verifyImage(
  registry: Registry,
  signed: SignedImage,
  trust: Trust,
  signal: AbortSignal,
): Promise<SignatureAnswer> {
  const refusals: string[] = [];
  for await (const found of findSignatures(registry, signed, signal)) {
    if (!found.isOfImage) {
      refusals.push('one is not of this digest');
      continue;
    }
    const by = judge(found, trust);
    if (by.kind === 'signed') return by;
    refusals.push(by.because);
  }
  if (refusals.length === 0) return { kind: 'unsigned', because: 'it is not signed' };
  const reasons = [...new Set(refusals)].slice(0, 5).join('; ');
  return { kind: 'unsigned', because: `none of its ${refusals.length} signature(s) is by somebody who is trusted: ${reasons}` };
}

function judge(found: FoundSignature, trust: Trust): SignatureAnswer {
  if (trust.kind === 'identities') return judgeIdentity(found, trust);
  const at = trust.keys.findIndex((key) => found.isSignedBy(key));
  if (at >= 0) return { kind: 'signed', by: `public key ${at + 1}` };
  return { kind: 'unsigned', because: `one is by none of the ${trust.keys.length} public key(s)` };
}

/** Without logs in the root there is nothing that could prove an entry: then a timestamp has to say when the certificate was used. */
function judgeIdentity(
  { entity }: FoundSignature,
  { identities, root }: Extract<Trust, { kind: 'identities' }>,
): SignatureAnswer {
  if (entity === null) return { kind: 'unsigned', because: 'one has no certificate' };
  const { material, hasLogs, hasCertificateLogs } = root;
  const verifier = new Verifier(material, { tlogThreshold: hasLogs ? 1 : 0, ctlogThreshold: hasCertificateLogs ? 1 : 0 });
  const timestamps = entity.timestamps.filter(({ $case }) => hasLogs || $case !== 'transparency-log');
  try {
    const { identity } = verifier.verify({ ...entity, timestamps, tlogEntries: hasLogs ? entity.tlogEntries : [] });
    const [subject, issuer] = [identity?.subjectAlternativeName ?? '', identity?.extensions?.issuer ?? ''];
    const trusted = identities.find((one) => one.subject.matcher(subject).find() && one.issuer.matcher(issuer).find());
    if (trusted !== undefined) return { kind: 'signed', by: `${subject} by ${issuer}` };
    return { kind: 'unsigned', because: `one is by ${JSON.stringify(subject)} of ${JSON.stringify(issuer)}` };
  } catch (error) {
    return { kind: 'unsigned', because: `one cannot be proven: ${errorMessage(error)}` };
  }
}
