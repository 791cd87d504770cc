import { expect, test } from 'vitest';
import { applyEdits, findMarkers, planEdits } from '../../src/edit/index.ts';

const marker = '# {"$imagepolicy": "apps:web"}';
const sealed = (metadata: string) => `sops:
  age:
    - recipient: age1qqq
      enc: |
        -----BEGIN AGE ENCRYPTED FILE-----
        -----END AGE ENCRYPTED FILE-----
  lastmodified: "2026-01-01T00:00:00Z"
  mac: ENC[AES256_GCM,data:aaaa,iv:bbbb,tag:cccc,type:str]
${metadata}  version: 3.13.3
`;
const values = (more = '') => `image: web:1.0.0 ${marker}
password: ENC[AES256_GCM,data:AA==,iv:BB==,tag:CC==,type:str]
${more}`;

test.for([
  {
    because: 'the MAC covers every value',
    text: values() + sealed('  encrypted_regex: ^password$\n'),
    says: 'mac_only_encrypted',
  },
  {
    because: 'SOPS expects it encrypted',
    text: values() + sealed('  mac_only_encrypted: true\n'),
    says: 'SOPS expects an encrypted value there',
  },
  {
    because: 'the value itself is encrypted',
    text: `image: ENC[AES256_GCM,data:AA==,iv:BB==,tag:CC==,type:str] ${marker}\n${sealed('  mac_only_encrypted: true\n')}`,
    says: 'encrypted by SOPS',
  },
  {
    because: 'another document of the file is protected',
    text: `image: web:1.0.0 ${marker}\n---\na: b\n${sealed('  encrypted_regex: ^password$\n')}`,
    says: 'mac_only_encrypted',
  },
])('not edited, told with file and line: $because', ({ text, says }) => {
  const { markers, problems } = findMarkers('secret.yaml', text);
  expect(markers).toEqual([]);
  expect(problems).toEqual([
    { file: 'secret.yaml', line: 1, column: expect.any(Number), message: expect.stringContaining(says) },
  ]);
  expect(problems[0]?.message).toContain('marker in a file that SOPS protects');
});

test.for([
  { because: 'a regex leaves it outside of the MAC', metadata: '  encrypted_regex: ^password$\n  mac_only_encrypted: true\n' },
  { because: 'unencrypted by a regex', metadata: '  unencrypted_regex: ^image$\n  mac_only_encrypted: true\n' },
])('edited as ever: $because', ({ metadata }) => {
  const text = values() + sealed(metadata);
  const { markers, problems } = findMarkers('secret.yaml', text);
  expect(problems).toEqual([]);
  const { edits } = planEdits(markers, new Map([['apps/web', { name: 'web', tag: '1.1.0' }]]), 'apps');
  expect(applyEdits(text, edits)).toBe(text.replace('web:1.0.0', 'web:1.1.0'));
});

test('a value named with the suffix for unencrypted ones is edited', () => {
  const text = `image_unencrypted: web:1.0.0 ${marker}\n${sealed('  unencrypted_suffix: _unencrypted\n  mac_only_encrypted: true\n')}`;
  expect(findMarkers('secret.yaml', text).markers).toHaveLength(1);
});

test('a file that only speaks of sops is like any other', () => {
  expect(findMarkers('a.yaml', `sops: yes\nimage: web:1.0.0 ${marker}\n`).markers).toHaveLength(1);
});
