import { type AwsCredentials, loadSdk } from '../auth/index.ts';
import type { KeyOpener } from './key-opener.ts';

export interface AwsKmsOptions {
  /** Undefined: whatever the SDK finds around the bot. */
  readonly credentials: (region: string) => Promise<(() => Promise<AwsCredentials>) | undefined>;
  /** By default AWS's own. */
  readonly endpoints?: { readonly kms?: string | undefined; readonly sts?: string | undefined } | undefined;
}

const arnForm = /^arn:aws[\w-]*:kms:([^:]+):[0-9]+:(?:key|alias)\/.+$/;

/** Asks AWS KMS in the region of the key, as the role that the file names where it names one. */
export function createAwsKmsOpener({ credentials, endpoints = {} }: AwsKmsOptions): KeyOpener<'kms'> {
  return async ({ arn, role, context, encrypted }, signal) => {
    const region = arnForm.exec(arn)?.[1];
    if (region === undefined) throw new TypeError('its arn is not of the form arn:aws:kms:REGION:ACCOUNT:key/ID');
    const own = await credentials(region);
    const effective = role === '' ? own : await assumeRole(role, { own, region, endpoint: endpoints.sts });
    const { DecryptCommand, KMSClient } = await loadSdk('@aws-sdk/client-kms', () => import('@aws-sdk/client-kms'));
    const client = new KMSClient({
      region,
      ...(effective !== undefined && { credentials: effective }),
      ...(endpoints.kms !== undefined && { endpoint: endpoints.kms }),
    });
    try {
      const command = new DecryptCommand({
        KeyId: arn,
        CiphertextBlob: Buffer.from(encrypted, 'base64'),
        EncryptionContext: context,
      });
      const { Plaintext } = await client.send(command, { abortSignal: signal });
      if (Plaintext === undefined) throw new TypeError('AWS KMS answered without a plaintext');
      return Plaintext;
    } finally {
      client.destroy();
    }
  };
}

interface Assumption {
  readonly own: (() => Promise<AwsCredentials>) | undefined;
  readonly region: string;
  readonly endpoint: string | undefined;
}

async function assumeRole(role: string, { own, region, endpoint }: Assumption): Promise<() => Promise<AwsCredentials>> {
  const { fromTemporaryCredentials } = await loadSdk(
    '@aws-sdk/credential-providers',
    () => import('@aws-sdk/credential-providers'),
  );
  return fromTemporaryCredentials({
    params: { RoleArn: role, RoleSessionName: 'tagalong-sops' },
    clientConfig: { region, ...(endpoint !== undefined && { endpoint }) },
    ...(own !== undefined && { masterCredentials: own }),
  });
}
