import { constants, createCipheriv, createDecipheriv, generateKeyPairSync, privateDecrypt, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A key service on loopback, which speaks the REST of the real one as far as sops and the bot use it. */
export interface KeyService extends AsyncDisposable {
  readonly url: string;
  /** What was asked, in order: method, path and the credential. */
  readonly requests: readonly string[];
  /** From now on everything is refused, as for somebody without the right. */
  refuse(): void;
}

type Answer = { readonly status: number; readonly body: unknown };
type Handler = (request: {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, string>;
}) => Answer;

/** Seals with AES-GCM under a key that only this process has. */
const secret = randomBytes(32);

function seal(plain: Buffer): Buffer {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', secret, iv);
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
}

function open(sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', secret, sealed.subarray(0, 12));
  decipher.setAuthTag(sealed.subarray(12, 28));
  return Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]);
}

const base64 = (text: string | undefined) => Buffer.from(text ?? '', 'base64');

/** The transit engine of Vault; lets `token` in, and gives it to whoever logs in with `jwt` as the role. */
export function startVault(token: string, login?: { readonly jwt: string; readonly role: string }): Promise<KeyService> {
  return start(
    ({ path, headers, body }) => {
      if (path === '/v1/auth/kubernetes/login')
        return body['jwt'] === login?.jwt && body['role'] === login?.role
          ? ok({ auth: { client_token: token } })
          : { status: 403, body: { errors: ['invalid role'] } };
      if (headers['x-vault-token'] !== token) return { status: 403, body: { errors: ['permission denied'] } };
      const [, verb] = /^\/v1\/sops\/transit\/(encrypt|decrypt)\/first$/.exec(path) ?? [];
      if (verb === 'encrypt')
        return ok({ data: { ciphertext: `vault:v1:${seal(base64(body['plaintext'])).toString('base64')}` } });
      if (verb === 'decrypt')
        return ok({ data: { plaintext: open(base64(body['ciphertext']?.split(':')[2])).toString('base64') } });
      return { status: 404, body: { errors: [] } };
    },
    { status: 403, body: { errors: ['permission denied'] } },
  );
}

/** AWS KMS, by its JSON protocol; the signature is there or not. */
export function startAwsKms(): Promise<KeyService> {
  return start(
    ({ headers, body }) => {
      if (!/^AWS4-HMAC-SHA256 Credential=AKID\//.test(headers.authorization ?? ''))
        return { status: 400, body: { __type: 'UnrecognizedClientException' } };
      if (headers['x-amz-target'] === 'TrentService.Encrypt')
        return ok({ CiphertextBlob: seal(base64(body['Plaintext'])).toString('base64'), KeyId: body['KeyId'] });
      return ok({ Plaintext: open(base64(body['CiphertextBlob'])).toString('base64'), KeyId: body['KeyId'] });
    },
    { status: 400, body: { __type: 'AccessDeniedException', message: 'not authorized to perform: kms:Decrypt' } },
  );
}

/** Google Cloud KMS. */
export function startGcpKms(token: string): Promise<KeyService> {
  return start(
    ({ path, headers, body }) => {
      if (headers.authorization !== `Bearer ${token}`) return { status: 401, body: { error: { message: 'no such token' } } };
      if (path.startsWith('/v1/') && path.includes(':encrypt'))
        return ok({ name: 'x', ciphertext: seal(base64(body['plaintext'])).toString('base64') });
      return ok({ plaintext: open(base64(body['ciphertext'])).toString('base64') });
    },
    { status: 403, body: { error: { message: 'Permission cloudkms.cryptoKeyVersions.useToDecrypt denied' } } },
  );
}

/** Azure Key Vault over TLS, with an RSA key of its own. */
export async function startAzureKeyVault(tls: { readonly key: string; readonly cert: string }) {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const service = await start(
    ({ method, path, headers, body }) => {
      if (headers.authorization === undefined) return { status: 401, body: {} };
      if (method === 'GET') return { status: 403, body: { error: { code: 'Forbidden', message: 'no right to get' } } };
      if (!path.startsWith('/keys/sops/1/decrypt')) return { status: 404, body: {} };
      const plain = privateDecrypt(
        { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
        Buffer.from(body['value'] ?? '', 'base64url'),
      );
      return ok({ kid: 'https://vault.example/keys/sops/1', value: plain.toString('base64url') });
    },
    { status: 403, body: { error: { code: 'Forbidden', message: 'no right to decrypt' } } },
    tls,
  );
  return { ...service, publicKey };
}

function ok(body: unknown): Answer {
  return { status: 200, body };
}

async function start(
  handle: Handler,
  refusal: Answer,
  tls?: { readonly key: string; readonly cert: string },
): Promise<KeyService> {
  const requests: string[] = [];
  let isRefusing = false;
  const listener: RequestListener = async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url: path = '', headers } = request;
    requests.push(`${method} ${path}`);
    const text = Buffer.concat(chunks).toString('utf8');
    send(
      response,
      isRefusing ? refusal : attempt(() => handle({ method, path, headers, body: text === '' ? {} : JSON.parse(text) })),
    );
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requests,
    refuse: () => {
      isRefusing = true;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function attempt(handle: () => Answer): Answer {
  try {
    return handle();
  } catch {
    return { status: 400, body: { errors: ['invalid ciphertext'], error: { message: 'invalid ciphertext' } } };
  }
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const challenge = 'Bearer authorization="https://login.example/tenant", resource="https://vault.example"';
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(status === 401 ? { 'www-authenticate': challenge } : {}),
  });
  response.end(JSON.stringify(body));
}
