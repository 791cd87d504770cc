import { createPublicKey, type KeyObject } from 'node:crypto';
import { RE2JS } from 're2js';
import { errorMessage } from '../core/index.ts';
import { SignatureError } from './error.ts';
import type { TrustedRoot } from './trusted-root.ts';

/** Whoever signs without a key: both match, anywhere in the text, as in cosign. */
export interface TrustedIdentity {
  readonly issuer: RE2JS;
  readonly subject: RE2JS;
  /** For messages. */
  readonly text: string;
}

/** Whose signature counts: any of these keys, or any of these identities. */
export type Trust = (
  | { readonly kind: 'keys'; readonly keys: readonly KeyObject[] }
  | { readonly kind: 'identities'; readonly identities: readonly TrustedIdentity[]; readonly root: TrustedRoot }
) & {
  /** Equal for equal trust; no secret. */
  readonly identity: string;
};

/** Public keys in PEM, as `cosign generate-key-pair` writes them. Throws BAD_KEY. */
export function trustKeys(pems: readonly string[]): Trust {
  return { kind: 'keys', keys: pems.map(readKey), identity: JSON.stringify(pems) };
}

/** Regular expressions over issuer and subject, and the `trusted_root.json` behind them. Throws BAD_IDENTITY and BAD_TRUSTED_ROOT. */
export async function trustIdentities(
  identities: readonly { readonly issuer: string; readonly subject: string }[],
  trustedRoot: string,
): Promise<Trust> {
  const { parseTrustedRoot } = await import('./trusted-root.ts');
  return {
    kind: 'identities',
    identities: identities.map(compileIdentity),
    root: parseTrustedRoot(trustedRoot),
    identity: JSON.stringify([identities, trustedRoot]),
  };
}

function readKey(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch (error) {
    throw new SignatureError('BAD_KEY', `reading a public key: ${errorMessage(error)}`, { cause: error });
  }
}

function compileIdentity({ issuer, subject }: { readonly issuer: string; readonly subject: string }): TrustedIdentity {
  try {
    return { issuer: RE2JS.compile(issuer), subject: RE2JS.compile(subject), text: `${subject} by ${issuer}` };
  } catch (error) {
    throw new SignatureError('BAD_IDENTITY', `reading an identity: ${errorMessage(error)}`, { cause: error });
  }
}
