import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { openSopsTools } from './sops-tools.ts';

// Encrypts the secrets of examples/monorepo anew with the real sops, for keys made here:
//
//   bash test/real/build-sops.sh && npx node test/decrypt/make-example.ts
//
// The keys are kept beside the test that runs the example, so that the example shows a repository as it should be: without them.

const root = join(import.meta.dirname, '../..');
const example = join(root, 'examples/monorepo');
const keyFolder = join(root, 'test/journeys/fixtures/monorepo-keys');

const database = (cluster: string) => `apiVersion: v1
kind: Secret
metadata:
    name: database
stringData:
    DATABASE_URL: postgres://shop:password-of-${cluster}@database/shop
`;
const settings = (cluster: string) => `# read by the shop at its start\nSESSION_KEY=session-key-of-${cluster}\n`;

await using tools = await openSopsTools();
const recipients: Record<string, string> = {};
await mkdir(keyFolder, { recursive: true });
for (const cluster of ['staging', 'production']) {
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  recipients[cluster] = recipient;
  await writeFile(join(keyFolder, `${cluster}.agekey`), `# of examples/monorepo, made for its test\n${identity}\n`);
  const overlay = join(example, 'apps', cluster);
  const args = ['--age', recipient];
  const secret = { format: 'yaml' as const, args: [...args, '--encrypted-regex', '^(data|stringData)$'] };
  await writeFile(join(overlay, 'database.yaml'), await tools.encrypt(database(cluster), secret));
  await writeFile(join(overlay, 'settings.env'), await tools.encrypt(settings(cluster), { format: 'dotenv', args }));
}
const rules = Object.entries(recipients).map(
  ([cluster, recipient]) => `  - path_regex: apps/${cluster}/.*\\.yaml$
    encrypted_regex: ^(data|stringData)$
    age: ${recipient}
  - path_regex: apps/${cluster}/.*\\.env$
    age: ${recipient}
`,
);
await writeFile(
  join(example, '.sops.yaml'),
  `# sops --encrypt --in-place FILE finds its key and what to encrypt here.\ncreation_rules:\n${rules.join('')}`,
);
