import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { expect, test } from 'vitest';
import { applyEdits, findMarkers, planEdits } from '../../src/edit/index.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';
import { requirePart } from '../real/index.ts';

const execute = promisify(execFile);
const plain = `image: web:1.0.0 # {"$imagepolicy": "apps:web"}
password: hunter2
items:
  - name: a
    image: web:1.0.0 # {"$imagepolicy": "apps:web"}
`;

interface Encrypted {
  readonly text: string;
  /** Throws with the words of sops. */
  decrypt(text: string): Promise<string>;
}

/** The file as the real sops encrypts it, in a folder that ends with the callback. */
async function withEncrypted(
  rule: Readonly<Record<string, unknown>>,
  use: (encrypted: Encrypted) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sops-edit-'));
  try {
    const identity = await generateIdentity();
    const env = { PATH: process.env['PATH'] ?? '', HOME: folder, SOPS_AGE_KEY: identity };
    const sops = async (...args: readonly string[]) => (await execute(requirePart('sops'), args, { env })).stdout;
    const file = join(folder, 'values.yaml');
    await writeFile(file, plain);
    const config = join(folder, '.sops.yaml');
    await writeFile(config, JSON.stringify({ creation_rules: [{ age: await identityToRecipient(identity), ...rule }] }));
    await sops('--config', config, 'encrypt', '--in-place', file);
    await use({
      text: await readFile(file, 'utf8'),
      async decrypt(text) {
        await writeFile(file, text);
        return sops('decrypt', file);
      },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const selections = new Map([['apps/web', { name: 'web', tag: '1.1.0' }]]);

describeWithParts(['sops'], 'edits of files that the real sops encrypted', () => {
  test.for([
    { mac_only_encrypted: true, encrypted_regex: '^password$' },
    { mac_only_encrypted: true, unencrypted_regex: '^(image|items|name)$' },
  ])('%o: what is marked is edited, and sops decrypts it afterwards', async (rule) => {
    await withEncrypted(rule, async ({ text, decrypt }) => {
      const { markers, problems } = findMarkers('values.yaml', text);
      expect(problems).toEqual([]);
      // sops encrypts some comments too, and with them the markers in them.
      expect(markers.length).toBeGreaterThan(0);
      const before = await decrypt(text);
      const after = await decrypt(applyEdits(text, planEdits(markers, selections, 'apps').edits));
      expect(after.split('web:1.1.0')).toHaveLength(markers.length + 1);
      expect(after.replaceAll('web:1.1.0', 'web:1.0.0')).toBe(before);
    });
  });

  test('without mac_only_encrypted each marker is refused, and rightly so: sops would no longer decrypt it', async () => {
    await withEncrypted({ encrypted_regex: '^password$' }, async ({ text, decrypt }) => {
      const { markers, problems } = findMarkers('values.yaml', text);
      expect(markers).toEqual([]);
      expect(problems.map(({ message }) => message)).toEqual([
        expect.stringContaining('mac_only_encrypted'),
        expect.stringContaining('mac_only_encrypted'),
      ]);
      await expect(decrypt(text.replaceAll('web:1.0.0', 'web:1.1.0'))).rejects.toThrow(/MAC mismatch/);
    });
  });

  test('where everything is encrypted there is no marker left to see', async () => {
    await withEncrypted({}, async ({ text }) => {
      expect(findMarkers('values.yaml', text).markers).toEqual([]);
    });
  });
});
