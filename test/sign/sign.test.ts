import { createMessage, generateKey, readKey, readSignature, verify } from 'openpgp';
import { expect, test } from 'vitest';
import { Secret, systemClock } from '../../src/core/index.ts';
import { createSigner } from '../../src/sign/index.ts';

// What gpg, ssh-keygen and git say of our signatures is in test/cluster/sign-commits.test.ts.
const payload = Buffer.from('tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nhello\n');

async function makeKey(passphrase?: string, type: 'curve25519' | 'rsa' = 'curve25519') {
  const userIDs = [{ name: 'Bot', email: 'bot@example.com' }];
  return generateKey({
    userIDs,
    type,
    ...(type === 'rsa' ? { rsaBits: 2048 } : {}),
    ...(passphrase === undefined ? {} : { passphrase }),
  });
}

function gpg(armored: string, passphrase?: string) {
  const key = { kind: 'gpg' as const, privateKey: new Secret(armored) };
  return createSigner({ ...key, ...(passphrase === undefined ? {} : { passphrase: new Secret(passphrase) }) }, systemClock);
}

test.for([
  { because: 'a key without a passphrase', passphrase: undefined },
  { because: 'a protected key', passphrase: 'correct horse' },
])('$because signs what verifies with its public part', async ({ passphrase }) => {
  const { privateKey, publicKey } = await makeKey(passphrase);
  const signature = await (await gpg(privateKey, passphrase)).sign(payload);
  expect(signature).toMatch(/^-----BEGIN PGP SIGNATURE-----/);
  const { signatures } = await verify({
    message: await createMessage({ binary: new Uint8Array(payload) }),
    signature: await readSignature({ armoredSignature: signature }),
    verificationKeys: await readKey({ armoredKey: publicKey }),
  });
  await expect(signatures[0]?.verified).resolves.toBe(true);
});

test.for<{ because: string; key: () => Promise<[string, string?]>; says: string }>([
  { because: 'text', key: async () => ['hello'], says: 'it is no armored private key' },
  { because: 'a public key', key: async () => [(await makeKey()).publicKey], says: 'it is no armored private key' },
  { because: 'a protected key without a passphrase', key: async () => [(await makeKey('x')).privateKey], says: 'no passphrase' },
  { because: 'a wrong passphrase', key: async () => [(await makeKey('x')).privateKey, 'y0u'], says: 'does not open it' },
  {
    because: 'two keys',
    key: async () => [`${(await makeKey()).privateKey}\n${(await makeKey()).privateKey}`],
    says: 'exactly one key, and there are 2',
  },
])('$because cannot be used, which no retry mends', async ({ key, says }) => {
  const [armored, passphrase] = await key();
  const failure = await gpg(armored, passphrase).catch((error: unknown) => error as Error);
  expect(failure).toMatchObject({ code: 'SIGNING_KEY_UNUSABLE', retry: 'never', reason: 'InvalidSigningKey' });
  expect(String(failure)).toContain(says);
  expect(String(failure)).not.toContain('BEGIN PGP');
});
