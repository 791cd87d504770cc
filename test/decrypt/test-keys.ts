import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CloudIdentity } from '../../src/auth/index.ts';
import { createDecryption, type Decryption, type DecryptionOptions, readDecryptionKeys } from '../../src/decrypt/index.ts';
import { formatOfName, type SopsFormat } from '../../src/sops/index.ts';

export const fixtures = join(import.meta.dirname, 'fixtures');
export const { signal } = new AbortController();

/** An identity that no cloud knows. */
export const nobody: CloudIdentity = {
  aws: () => Promise.reject(new TypeError('there is no identity at AWS')),
  azure: () => Promise.reject(new TypeError('there is no identity at Azure')),
  google: () => Promise.reject(new TypeError('there is no identity at Google Cloud')),
};

/** A Secret as `spec.decryption.secretRef` names it. */
export function secretOf(entries: Readonly<Record<string, string>>) {
  const data = Object.entries(entries).map(([name, text]) => [name, Buffer.from(text).toString('base64')]);
  return { metadata: { name: 'keys', namespace: 'default' }, data: Object.fromEntries(data) as Record<string, string> };
}

/** Decryption with the given entries of a Secret and nothing else. */
export async function decryptionWith(
  entries: Readonly<Record<string, string>>,
  options: Partial<DecryptionOptions> = {},
): Promise<Decryption> {
  const keys = await readDecryptionKeys(secretOf(entries));
  return createDecryption({ key: 'test', keys, identity: nobody, fetch, ...options });
}

/** The key files that open the fixtures. */
export function fixtureKeys(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(fixtures, 'keys', name), 'utf8')]));
}

export const allFixtureKeys = fixtureKeys('age.agekey', 'post-quantum.agekey', 'rsa.asc', 'elliptic.asc');

export interface Fixture {
  readonly name: string;
  readonly format: SopsFormat;
  readonly encrypted: Buffer;
  readonly plain: Buffer;
}

export function readFixture(name: string): Fixture {
  const file = (start: string) => readdirSync(join(fixtures, name)).find((entry) => entry.startsWith(start)) ?? '';
  const read = (start: string) => readFileSync(join(fixtures, name, file(start)));
  return { name, format: formatOfName(file('encrypted')), encrypted: read('encrypted'), plain: read('plain') };
}

export const fixtureNames = readdirSync(fixtures).filter((name) => name !== 'keys');

/** The fixture's text with something replaced; throws where it is not there. */
export function tamper({ encrypted }: Fixture, replace: (text: string) => string): Buffer {
  const text = encrypted.toString('utf8');
  const changed = replace(text);
  if (changed === text) throw new Error('the fixture has nothing to tamper with there');
  return Buffer.from(changed);
}
