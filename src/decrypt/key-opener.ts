import type { MasterKey } from '../sops/index.ts';

export type MasterKeyKind = MasterKey['kind'];

/** Opens the part of a data key that one kind of master key sealed. Rejects with a sentence that says why it cannot. */
export type KeyOpener<Kind extends MasterKeyKind> = (
  key: Extract<MasterKey, { readonly kind: Kind }>,
  signal: AbortSignal,
) => Promise<Uint8Array>;

/** What can be opened here; a kind that is absent cannot. */
export type KeyOpeners = { readonly [Kind in MasterKeyKind]?: KeyOpener<Kind> };

/** The name of a master key, for messages. */
export function nameOfMasterKey(key: MasterKey): string {
  switch (key.kind) {
    case 'age':
      return `age ${key.recipient}`;
    case 'pgp':
      return `pgp ${key.fingerprint}`;
    case 'kms':
      return `AWS KMS ${key.arn}`;
    case 'gcp_kms':
      return `GCP KMS ${key.resourceId}`;
    case 'azure_kv':
      return `Azure Key Vault ${key.vaultUrl}/keys/${key.name}/${key.version}`;
    case 'hc_vault':
      return `Vault ${key.address} ${key.enginePath}/keys/${key.keyName}`;
    case 'hckms':
      return `Huawei Cloud KMS ${key.keyId}`;
    default:
      return key satisfies never;
  }
}
