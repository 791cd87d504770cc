import { type EncryptionRule, parseEncryptionRule } from './encryption-rules.ts';
import { SopsError } from './error.ts';

/** A key that can open its group's part of the data key; `encrypted` is that part as the metadata carry it. */
export type MasterKey = { readonly encrypted: string } & (
  | { readonly kind: 'age'; readonly recipient: string }
  | { readonly kind: 'pgp'; readonly fingerprint: string }
  | {
      readonly kind: 'kms';
      readonly arn: string;
      readonly role: string;
      readonly context: Readonly<Record<string, string>>;
      readonly profile: string;
    }
  | { readonly kind: 'gcp_kms'; readonly resourceId: string }
  | { readonly kind: 'azure_kv'; readonly vaultUrl: string; readonly name: string; readonly version: string }
  | { readonly kind: 'hc_vault'; readonly address: string; readonly enginePath: string; readonly keyName: string }
  | { readonly kind: 'hckms'; readonly keyId: string }
);

export interface SopsMetadata {
  readonly rule: EncryptionRule;
  readonly macOnlyEncrypted: boolean;
  /** Encrypted by the data key; '' where there is none. */
  readonly mac: string;
  /** RFC 3339 in whole seconds: what the MAC is bound to. */
  readonly lastModified: string;
  /** Each group opens one part of the data key; a single group opens all of it. Never empty. */
  readonly groups: readonly (readonly MasterKey[])[];
  /** How many parts make up the data key; 0 says all. */
  readonly shamirThreshold: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads the content of a document's `sops` entry. Throws METADATA_INVALID. */
export function parseMetadata(content: unknown): SopsMetadata {
  if (!isFields(content)) throw invalid('sops is not a mapping');
  const groups = groupsOf(content);
  if (groups.length === 0) throw invalid('there are no keys in it');
  return {
    rule: parseEncryptionRule(content),
    macOnlyEncrypted: isTrue(content['mac_only_encrypted']),
    mac: text(content, 'mac'),
    lastModified: parseLastModified(text(content, 'lastmodified')),
    groups,
    shamirThreshold: parseThreshold(content['shamir_threshold'], groups.length),
  };
}

/** As sops reads it: dotenv and INI files carry texts only. */
export function isTrue(value: unknown): boolean {
  return value === true || value === 1 || value === 1n || /^(true|1|t)$/i.test(typeof value === 'string' ? value : '');
}

function parseThreshold(value: unknown, groups: number): number {
  const number = Number(value === undefined || value === '' || value === null ? 0 : value);
  if (Number.isInteger(number) && number >= 0 && number <= groups) return number;
  throw invalid(`shamir_threshold is no number from 0 to ${groups}, the number of its key groups`);
}

/** Go prints what it parsed in whole seconds, and no offset as Z. */
function parseLastModified(value: string): string {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(value);
  if (match === null) throw invalid('lastmodified is no RFC 3339 time');
  return `${match[1]}${match[2] === '+00:00' || match[2] === '-00:00' ? 'Z' : match[2]}`;
}

/** Keys beside `sops` itself win over `key_groups`, as in sops. */
function groupsOf(content: Fields): MasterKey[][] {
  const single = keysOf(content);
  if (single.length > 0) return [single];
  return list(content, 'key_groups').map(keysOf);
}

function keysOf(group: Fields): MasterKey[] {
  return [
    ...list(group, 'kms').map((key): MasterKey => ({ kind: 'kms', ...enc(key), ...awsKeyOf(key) })),
    ...list(group, 'gcp_kms').map((key): MasterKey => ({ kind: 'gcp_kms', ...enc(key), resourceId: text(key, 'resource_id') })),
    ...list(group, 'hckms').map((key): MasterKey => ({ kind: 'hckms', ...enc(key), keyId: text(key, 'key_id') })),
    ...list(group, 'azure_kv').map((key): MasterKey => ({ kind: 'azure_kv', ...enc(key), ...azureKeyOf(key) })),
    ...list(group, 'hc_vault').map((key): MasterKey => ({ kind: 'hc_vault', ...enc(key), ...vaultKeyOf(key) })),
    ...list(group, 'pgp').map((key): MasterKey => ({ kind: 'pgp', ...enc(key), fingerprint: text(key, 'fp') })),
    ...list(group, 'age').map((key): MasterKey => ({ kind: 'age', ...enc(key), recipient: text(key, 'recipient') })),
  ];
}

function awsKeyOf(key: Fields) {
  const context = isFields(key['context']) ? key['context'] : {};
  const entries = Object.entries(context).map(([name, value]) => [name, value === null ? '' : String(value)]);
  return {
    arn: text(key, 'arn'),
    role: text(key, 'role'),
    context: Object.fromEntries(entries) as Record<string, string>,
    profile: text(key, 'aws_profile'),
  };
}

function azureKeyOf(key: Fields) {
  return { vaultUrl: text(key, 'vault_url'), name: text(key, 'name'), version: text(key, 'version') };
}

function vaultKeyOf(key: Fields) {
  return { address: text(key, 'vault_address'), enginePath: text(key, 'engine_path'), keyName: text(key, 'key_name') };
}

function enc(key: Fields): { encrypted: string } {
  return { encrypted: text(key, 'enc') };
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (value === undefined || value === null) return '';
  if (typeof value === 'object') throw invalid(`${name} is not text`);
  return String(value);
}

function list(fields: Fields, name: string): Fields[] {
  const value = fields[name] ?? [];
  if (!Array.isArray(value) || !value.every(isFields)) throw invalid(`${name} is no list of keys`);
  return value;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(what: string): SopsError {
  return new SopsError('METADATA_INVALID', `sops metadata: ${what}; encrypt the file again with sops`);
}
