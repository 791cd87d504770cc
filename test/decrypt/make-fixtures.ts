import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SopsFormat } from '../../src/sops/index.ts';
import { extensionOf, type LocalKeys, openSopsTools, type SopsTools } from './sops-tools.ts';

// Makes the folder `fixtures` anew with the real sops and gpg:
//
//   bash test/real/build-sops.sh && npx node test/decrypt/make-fixtures.ts
//
// `keys/` holds the entries of a Secret that open them, and for each case there are `encrypted.*` (by sops) and `plain.*` (by `sops -d`).

const folder = join(import.meta.dirname, 'fixtures');

interface Case {
  readonly format: SopsFormat;
  readonly text: string;
  readonly args: (keys: LocalKeys) => readonly string[];
  readonly config?: (keys: LocalKeys) => string;
}

const withAge = ({ age }: LocalKeys) => ['--age', age.recipient];

const everyType = `# on top

# further on
text: hello
empty: ""
quoted: "with: colon # and hash"
number: 42
hexadecimal: 0x1F
large: 9007199254740993
negative: -7
fraction: 2.50
exponent: 1e3
whole_fraction: 5.0
yes_no: [true, false, "yes", "no", "null", "~", "1", "1.5", "2024-01-02"]
nothing: null
day: 2024-01-02
instant: 2024-01-02T03:04:05.120Z
lines: |
    one
    two

kept: |+
    three

indented: "  leading\\n spaces"
trailing: "space "
emoji: "\\U0001F600 und ümlaut"
control: "bell \\a tab\\t"
binary: !!binary aGVsbG8=
long: ${'word '.repeat(40)}end
deep:
    # a comment inside
    list:
        - a # behind a
        # before b
        - b
        - name: n
          value: v
        - - nested
          - list
    nothing: {}
    none: []
"key: with colon": x
plain_unencrypted: left as it is
# at the end
`;

const secret = `apiVersion: v1
kind: Secret
metadata:
    name: database
    namespace: default
type: Opaque
stringData:
    password: correct horse
data:
    token: YmF0dGVyeSBzdGFwbGU=
`;

const json = `{"text": "<&> \\u2028", "numbers": [1, -1, 2.5, 1e21, 9007199254740993], "2": "second", "1": "first", "none": null, "yes": true, "deep": {"a": [{}, [], {"b": "c"}]}}`;
const dotenv = '# a comment\nKEY=value\nSPACES= kept \nQUOTED="as they are"\nLINES=one\\ntwo\nEMPTY=\nEQUALS=a=b\n';
const ini =
  '; on top\nroot = 1\n\n[section]\n; about key\nkey = value\nhash = `a#b;c`\nempty =\nspaces = " kept "\n\n[other.section]\nnumber: 5\nlines = """one\ntwo"""\n';

const cases: Readonly<Record<string, Case>> = {
  'yaml-with-every-type': { format: 'yaml', text: everyType, args: withAge },
  'yaml-of-several-documents': { format: 'yaml', text: `a: 1\n---\n# second\nb: [x, y]\n---\nc: {d: e}\n`, args: withAge },
  'yaml-secret': { format: 'yaml', text: secret, args: (keys) => [...withAge(keys), '--encrypted-regex', '^(data|stringData)$'] },
  'yaml-secret-wholly-encrypted': { format: 'yaml', text: secret, args: withAge },
  'yaml-with-encrypted-suffix': {
    format: 'yaml',
    text: 'a_secret: x\nb: y\nc_secret: {d: z}\n',
    args: (keys) => [...withAge(keys), '--encrypted-suffix', '_secret'],
  },
  'yaml-with-unencrypted-suffix': {
    format: 'yaml',
    text: 'a_open: x\nb: y\n',
    args: (keys) => [...withAge(keys), '--unencrypted-suffix', '_open'],
  },
  'yaml-with-unencrypted-regex': {
    format: 'yaml',
    text: 'metadata: {name: x}\nb: y\n',
    args: (keys) => [...withAge(keys), '--unencrypted-regex', '^metadata$'],
  },
  'yaml-with-encrypted-comments': {
    format: 'yaml',
    text: 'a: open\n# sops:secret\nb: hidden\nc:\n    - open\n    # sops:secret\n    - hidden\n',
    args: (keys) => [...withAge(keys), '--encrypted-comment-regex', 'sops:secret'],
  },
  'yaml-with-unencrypted-comments': {
    format: 'yaml',
    text: 'a: hidden\n# sops:open\nb: open\nc: hidden\n',
    args: (keys) => [...withAge(keys), '--unencrypted-comment-regex', 'sops:open'],
  },
  'yaml-with-mac-over-encrypted-only': {
    format: 'yaml',
    text: secret,
    args: (keys) => [...withAge(keys), '--encrypted-regex', '^(data|stringData)$', '--mac-only-encrypted'],
  },
  json: { format: 'json', text: json, args: withAge },
  dotenv: { format: 'dotenv', text: dotenv, args: withAge },
  ini: { format: 'ini', text: ini, args: withAge },
  binary: { format: 'binary', text: '\0\u0001 not a text \r\n', args: withAge },
  'age-post-quantum': { format: 'yaml', text: 'a: b\n', args: ({ hybrid }) => ['--age', hybrid.recipient] },
  'pgp-rsa': { format: 'yaml', text: 'a: b\n', args: ({ pgp }) => ['--pgp', pgp[0]?.fingerprint ?? ''] },
  'pgp-elliptic': { format: 'json', text: '{"a": "b"}', args: ({ pgp }) => ['--pgp', pgp[1]?.fingerprint ?? ''] },
  'shamir-two-of-three': {
    format: 'yaml',
    text: 'a: b\n',
    args: () => [],
    config: ({ age, hybrid, pgp }) =>
      `creation_rules:\n- shamir_threshold: 2\n  key_groups:\n  - age: [${age.recipient}]\n  - age: [${hybrid.recipient}]\n  - pgp: [${pgp[0]?.fingerprint}]\n`,
  },
  'shamir-in-dotenv': {
    format: 'dotenv',
    text: 'A=b\n',
    args: () => [],
    config: ({ age, hybrid }) =>
      `creation_rules:\n- shamir_threshold: 2\n  key_groups:\n  - age: [${age.recipient}]\n  - age: [${hybrid.recipient}]\n`,
  },
};

async function makeCase(name: string, { format, text, args, config }: Case, tools: SopsTools, keys: LocalKeys): Promise<void> {
  const target = join(folder, name);
  await mkdir(target, { recursive: true });
  const encrypted = await tools.encrypt(text, {
    format,
    args: args(keys),
    ...(config === undefined ? {} : { config: config(keys) }),
  });
  await writeFile(join(target, `encrypted.${extensionOf(format)}`), encrypted);
  await writeFile(join(target, `plain.${extensionOf(format)}`), await tools.decrypt(encrypted, { format }));
}

async function makeKeys({ age, hybrid, pgp }: LocalKeys): Promise<void> {
  await mkdir(join(folder, 'keys'), { recursive: true });
  await writeFile(join(folder, 'keys/age.agekey'), `# made for tests\n${age.identity}\n`);
  await writeFile(join(folder, 'keys/post-quantum.agekey'), `${hybrid.identity}\n`);
  await writeFile(join(folder, 'keys/rsa.asc'), pgp[0]?.armored ?? '');
  await writeFile(join(folder, 'keys/elliptic.asc'), pgp[1]?.armored ?? '');
}

await rm(folder, { recursive: true, force: true });
await using tools = await openSopsTools();
const keys = await tools.createKeys();
await makeKeys(keys);
for (const [name, one] of Object.entries(cases)) await makeCase(name, one, tools, keys);
