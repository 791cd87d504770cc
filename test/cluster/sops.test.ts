import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Decryption } from '../../src/decrypt/index.ts';
import type { SopsFormat } from '../../src/sops/index.ts';
import { dotenv, ini, object, printYaml } from '../decrypt/random-documents.ts';
import { type LocalKeys, openSopsTools, type SopsTools } from '../decrypt/sops-tools.ts';
import { decryptionWith, signal } from '../decrypt/test-keys.ts';
import { describeWithParts } from '../real/describe-with-parts.ts';

describeWithParts(['sops', 'gpg'], 'what the real sops encrypts', () => {
  let tools: SopsTools;
  let keys: LocalKeys;
  let decryption: Decryption;

  beforeAll(async () => {
    tools = await openSopsTools();
    keys = await tools.createKeys();
    const armored = keys.pgp.map(({ armored: text }, index) => [`key-${index}.asc`, text] as const);
    decryption = await decryptionWith({
      'age.agekey': `${keys.age.identity}\n${keys.hybrid.identity}`,
      ...Object.fromEntries(armored),
    });
  });
  afterAll(() => tools?.[Symbol.asyncDispose]());

  const argsFor: Record<string, () => string[]> = {
    age: () => ['--age', keys.age.recipient],
    'age, post-quantum': () => ['--age', keys.hybrid.recipient],
    'PGP, RSA': () => ['--pgp', keys.pgp[0]?.fingerprint ?? ''],
    'PGP, elliptic curves': () => ['--pgp', keys.pgp[1]?.fingerprint ?? ''],
    'age and PGP together': () => ['--age', keys.age.recipient, '--pgp', keys.pgp[0]?.fingerprint ?? ''],
  };
  const texts: Record<SopsFormat, string> = {
    yaml: '# about a\na: 1\nb: [x, 2.5, true]\n---\nc: {d: "e"}\n',
    json: '{"a": 1, "b": ["x", 2.5, true, null]}',
    dotenv: '# about A\nA=1\nB=x=y\\nz\n',
    ini: '; about\n[a]\nb = c\n',
    binary: 'any\r\nthing',
  };

  const expectSame = async (text: string | Buffer, format: SopsFormat, args: readonly string[]) => {
    const encrypted = await tools.encrypt(text, { format, args });
    const [ours, theirs] = await Promise.all([
      decryption.open(signal).file(encrypted, format),
      tools.decrypt(encrypted, { format }),
    ]);
    expect(ours.toString('utf8')).toBe(theirs.toString('utf8'));
    expect(ours).toEqual(theirs);
  };

  test.for(Object.keys(argsFor).flatMap((key) => Object.keys(texts).map((format) => ({ key, format: format as SopsFormat }))))(
    '$format with $key is decrypted as sops -d does it',
    async ({ key, format }) => {
      await expectSame(texts[format], format, argsFor[key]?.() ?? []);
    },
  );

  const rules = fc.constantFrom<string[]>(
    [],
    ['--encrypted-regex', '^[a-m]'],
    ['--unencrypted-regex', '^[a-m]'],
    ['--encrypted-suffix', 'e'],
    ['--mac-only-encrypted', '--unencrypted-suffix', 'a'],
  );
  const comments = fc.array(fc.option(fc.stringMatching(/^[a-z][a-z ]{0,10}[a-z]$/), { freq: 3 }), { maxLength: 12 });
  const runs = { numRuns: 25 };

  test('random YAML', { timeout: 180_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(object, comments, rules, async (value, found, args) => {
        const left = [...found];
        await expectSame(
          printYaml(value, () => left.shift() ?? null),
          'yaml',
          [...(argsFor['age']?.() ?? []), ...args],
        );
      }),
      runs,
    );
  });

  test('random JSON', { timeout: 180_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(object, rules, (value, args) =>
        expectSame(JSON.stringify(value), 'json', [...(argsFor['age']?.() ?? []), ...args]),
      ),
      runs,
    );
  });

  test('random dotenv', { timeout: 180_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(dotenv, (text) => expectSame(text, 'dotenv', argsFor['age']?.() ?? [])),
      runs,
    );
  });

  test('random INI', { timeout: 180_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(ini, (text) => expectSame(text, 'ini', argsFor['age']?.() ?? [])),
      runs,
    );
  });

  test('random bytes', { timeout: 180_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) =>
        expectSame(Buffer.from(bytes), 'binary', argsFor['age']?.() ?? []),
      ),
      { numRuns: 10 },
    );
  });
});
