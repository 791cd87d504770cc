import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { certificates } from '../registry/certificates.ts';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface StandInAnswer {
  readonly status?: number;
  readonly type?: string;
  readonly body: unknown;
}

/** A token service of a cloud on 127.0.0.1: answers with what `answer` says, and remembers what it was asked. */
export interface StandIn extends AsyncDisposable {
  readonly url: string;
  readonly seen: readonly SeenRequest[];
}

export async function startStandIn(
  answer: (request: SeenRequest) => StandInAnswer,
  { tls = false }: { tls?: boolean } = {},
): Promise<StandIn> {
  const seen: SeenRequest[] = [];
  const server = tls ? createTlsServer({ cert: certificates.server.certificate, key: certificates.server.key }) : createServer();
  server.on('request', async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const asked = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    seen.push(asked);
    const { status = 200, type = 'application/json', body } = answer(asked);
    response.writeHead(status, { 'content-type': type, 'metadata-flavor': 'Google' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    seen,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** What Entra ID says of itself, and the token it gives. */
export function entraAnswer({ path, headers }: SeenRequest, token: string) {
  if (!path.includes('openid-configuration')) return { body: { token_type: 'Bearer', expires_in: 3600, access_token: token } };
  const root = `https://${headers['host']}/${path.split('/')[1]}`;
  return {
    body: {
      token_endpoint: `${root}/oauth2/v2.0/token`,
      authorization_endpoint: `${root}/oauth2/v2.0/authorize`,
      issuer: `${root}/v2.0`,
      jwks_uri: `${root}/discovery/v2.0/keys`,
    },
  };
}

/** Credentials of a role, as AssumeRoleWithWebIdentity gives them. */
export const stsAnswer = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
<SessionToken>session</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>`;
