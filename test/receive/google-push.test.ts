import { generateKeyPairSync } from 'node:crypto';
import { SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { type Receiver, receiverKind } from '../../src/api/index.ts';
import { systemClock } from '../../src/core/index.ts';
import { createExpressions } from '../../src/expression/index.ts';
import { admit, createTokenChecker } from '../../src/receive/index.ts';

const issuer = 'https://accounts.google.com';
const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const secret = { token: 's', email: 'push@acme.iam.gserviceaccount.com', audience: 'https://hooks.example.com' };
const receiver = {
  apiVersion: `${receiverKind.group}/${receiverKind.version}`,
  kind: 'Receiver',
  metadata: { name: 'gcr', namespace: 'apps' },
  spec: { type: 'gcr', interval: '10m', resources: [], secretRef: { name: 'hook' } },
} as unknown as Receiver;

/** What Pub/Sub posts: the event of the registry, in Base64. */
const body = (event: unknown) =>
  Buffer.from(JSON.stringify({ message: { data: Buffer.from(JSON.stringify(event)).toString('base64') } }));

/** Google's answers, without Google. */
const answers: Readonly<Record<string, unknown>> = {
  [`${issuer}/.well-known/openid-configuration`]: { jwks_uri: `${issuer}/keys` },
  [`${issuer}/keys`]: { keys: [{ ...own.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'ES256' }] },
};

interface TokenOptions {
  readonly email?: string;
  readonly verified?: boolean;
  readonly audience?: string;
  readonly by?: typeof own;
}

function sign({ email = secret.email, verified = true, audience = secret.audience, by = own }: TokenOptions = {}) {
  return new SignJWT({ email, email_verified: verified })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime('5m')
    .sign(by.privateKey);
}

async function judge(authorization: string, event: unknown = { action: 'INSERT', tag: 'eu.gcr.io/acme/web:1.2.3' }) {
  const expressions = createExpressions({ clock: systemClock });
  try {
    const fetch = async () => (async (url: string) => Response.json(answers[url] ?? {})) as unknown as typeof globalThis.fetch;
    const tokens = createTokenChecker({ fetch, now: () => Date.now() });
    const header = (name: string) => (name === 'authorization' ? authorization : undefined);
    return await admit(receiver, secret, { header, body: body(event) }, { tokens, expressions });
  } finally {
    await expressions.close();
  }
}

test('a push of Google is let in, and names its image', async () => {
  expect(await judge(`Bearer ${await sign()}`)).toMatchObject({
    kind: 'accepted',
    call: { request: { action: 'INSERT' }, images: ['eu.gcr.io/acme/web'] },
  });
});

test.for<[string, TokenOptions]>([
  ['of another account', { email: 'other@acme.iam.gserviceaccount.com' }],
  ['with an address that nobody verified', { verified: false }],
  ['for another audience', { audience: 'https://elsewhere.example.com' }],
  ['signed by somebody else', { by: stranger }],
])('a token %s is refused', async ([, options]) => {
  expect(await judge(`Bearer ${await sign(options)}`)).toEqual({ kind: 'refused', because: 'unproven' });
});

test('a token without the word Bearer is refused', async () => {
  expect(await judge(await sign())).toEqual({ kind: 'refused', because: 'unproven' });
});
