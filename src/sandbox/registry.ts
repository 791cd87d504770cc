import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type Clock, systemClock } from '../core/index.ts';
import { answerError, type RegistryRequest } from './registry-answer.ts';
import { createRegistryFaults, deliverAnswer, type RegistryFault, spoilAnswer } from './registry-faults.ts';
import { storeImage } from './registry-image.ts';
import { createRegistryLogin, type RegistryAuth } from './registry-login.ts';
import { createRegistryRoutes } from './registry-routes.ts';
import { createRegistryStorage } from './registry-storage.ts';

export interface SandboxRegistryOptions {
  /** Default: everybody may do everything. */
  readonly auth?: RegistryAuth;
  /** The most tags in one answer, whatever the client asks for; default 1000. */
  readonly pageSize?: number;
  /** Asking for more tags at a time is refused; default: it is not. */
  readonly largestAsked?: number;
  /** Lists of tags carry an ETag, and what did not change is not sent again. */
  readonly entityTags?: boolean;
  /** PEM texts: serves https. With `clientCa`, only to clients with a certificate of that authority. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly clientCa?: string };
  /** Default 0: any that is free. */
  readonly port?: number;
  /** Called whenever a tag points at something, by whoever pushed it. */
  readonly onTag?: (repository: string, tag: string, digest: string) => void;
  readonly clock?: Clock;
}

export interface SandboxRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** How the client said who it is; never with what. */
  readonly authorization: 'none' | 'basic' | 'bearer' | 'other';
  /** 0 until it is answered. */
  readonly status: number;
}

/** A registry of the OCI distribution specification on 127.0.0.1, in memory, over real HTTP: `docker push` works on it. */
export interface SandboxRegistry extends AsyncDisposable {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** `127.0.0.1:port`, as it stands in an image name. */
  readonly host: string;
  /** Makes an image and points the tag at it; tags of one seed share a digest, by default the tag is the seed. Returns the digest. */
  pushTag(repository: string, tag: string, options?: { digestSeed?: string }): Promise<string>;
  /** Takes the tag alone away; a tag that is not there is fine. */
  deleteTag(repository: string, tag: string): Promise<void>;
  hasTag(repository: string, tag: string): boolean;
  /** Every request so far, in the order they came. */
  readonly requests: readonly SandboxRequest[];
  /** Misbehaves from now on. */
  setFault(fault: RegistryFault): void;
  clearFaults(): void;
  /** Tokens given so far are refused from now on. */
  revokeTokens(): void;
}

/** More in one request is refused; it is all in memory. */
const maxBodyBytes = 536_870_912;

/** Starts the registry; it listens when this resolves. */
export async function startSandboxRegistry(options: SandboxRegistryOptions = {}): Promise<SandboxRegistry> {
  const { auth = { kind: 'anonymous' }, pageSize = 1000, largestAsked, entityTags, clock = systemClock, onTag, tls } = options;
  const storage = createRegistryStorage();
  const faults = createRegistryFaults();
  const requests: { method: string; path: string; authorization: SandboxRequest['authorization']; status: number }[] = [];
  const login = createRegistryLogin(auth, clock, () => url);
  const route = createRegistryRoutes({
    ...{ storage, login, paging: { pageSize, largestAsked, entityTags } },
    ...(onTag && { onTag }),
  });
  const server = createListener(tls, (message, response) => {
    const seen = { ...describeMessage(message), status: 0 };
    requests.push(seen);
    response.on('error', () => undefined);
    readRequest(message).then(
      (request) => {
        const fault = faults.take(request);
        const answer = spoilAnswer(route(request), fault, request);
        seen.status = answer.status;
        deliverAnswer(response, answer, fault);
      },
      () => deliverAnswer(response, answerError(413, 'SIZE_INVALID', 'the request is too large or was cut'), null),
    );
  });
  const port = await listen(server, options.port ?? 0);
  const host = `127.0.0.1:${port}`;
  const url = `${tls === undefined ? 'http' : 'https'}://${host}`;
  return {
    url,
    host,
    pushTag: async (repository, tag, { digestSeed = tag } = {}) => {
      const digest = storeImage(storage, repository, tag, digestSeed);
      onTag?.(repository, tag, digest);
      return digest;
    },
    deleteTag: async (repository, tag) => {
      storage.find(repository)?.tags.delete(tag);
    },
    hasTag: (repository, tag) => storage.find(repository)?.tags.has(tag) ?? false,
    requests,
    setFault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    revokeTokens: () => login.revokeTokens(),
    [Symbol.asyncDispose]: () => closeServer(server),
  };
}

function createListener(tls: SandboxRegistryOptions['tls'], listener: RequestListener): Server {
  if (tls === undefined) return createServer(listener);
  const { certificate, key, clientCa } = tls;
  const mutual = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  return createTlsServer({ cert: certificate, key, ...mutual }, listener);
}

function describeMessage({ method = '', url = '', headers }: IncomingMessage) {
  const [, scheme = ''] = /^(\w+)/.exec(headers.authorization ?? '') ?? [];
  const known = (['basic', 'bearer'] as const).find((each) => each === scheme.toLowerCase());
  return { method, path: url, authorization: known ?? (scheme === '' ? 'none' : 'other') } as const;
}

async function readRequest(message: IncomingMessage): Promise<RegistryRequest> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) throw new RangeError('request too large');
    chunks.push(chunk);
  }
  const headers = Object.fromEntries(Object.entries(message.headers).map(([header, value]) => [header, String(value)]));
  return {
    method: message.method ?? '',
    url: new URL(message.url ?? '/', 'http://registry'),
    headers,
    body: Buffer.concat(chunks),
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
