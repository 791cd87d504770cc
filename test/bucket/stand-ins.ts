import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StandIn extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** `METHOD path?query` of each request. */
  readonly requests: readonly string[];
}

export type Objects = Readonly<Record<string, string>>;

async function listen(answer: (url: URL, request: IncomingMessage, response: ServerResponse) => void): Promise<StandIn> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    answer(new URL(request.url ?? '/', 'http://stand-in'), request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const pageSize = 2;

function pageOf(objects: Objects, prefix: string, from: number): { keys: string[]; next: string } {
  const keys = Object.keys(objects)
    .filter((key) => key.startsWith(prefix))
    .toSorted();
  return { keys: keys.slice(from, from + pageSize), next: from + pageSize < keys.length ? String(from + pageSize) : '' };
}

/** The JSON API of Google Cloud Storage, two objects a page, for one token and the bucket `fleet`. */
export function startGoogleStandIn(objects: Objects, token: string): Promise<StandIn> {
  return listen((url, request, response) => {
    const json = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.headers.authorization !== `Bearer ${token}`) return json(401, {});
    const [, bucket, key] = /^\/storage\/v1\/b\/([^/]+)\/o(?:\/([^/]+))?$/.exec(url.pathname) ?? [];
    if (bucket !== 'fleet') return json(404, {});
    if (key !== undefined) {
      const content = objects[decodeURIComponent(key)];
      if (content === undefined || url.searchParams.get('alt') !== 'media') return json(404, {});
      return response.end(content);
    }
    const { keys, next } = pageOf(objects, url.searchParams.get('prefix') ?? '', Number(url.searchParams.get('pageToken') ?? 0));
    const items = keys.map((name) => ({ name, etag: `etag-of-${objects[name]}`, size: String(objects[name]?.length) }));
    return json(200, { items, ...(next !== '' && { nextPageToken: next }) });
  });
}

export interface AzureAccess {
  /** Base64, for the account `account`. */
  readonly accountKey: string;
  readonly signature: string;
}

/** The blob service of Azure at the path `/account`, two blobs a page, for the container `fleet`. */
export function startAzureStandIn(objects: Objects, access: AzureAccess): Promise<StandIn> {
  return listen((url, request, response) => {
    if (!isAuthorized(url, request, access)) return response.writeHead(403, { 'x-ms-error-code': 'AuthenticationFailed' }).end();
    const [, container, key] = /^\/account\/([^/]+)(?:\/(.+))?$/.exec(url.pathname) ?? [];
    if (container !== 'fleet') return response.writeHead(404, { 'x-ms-error-code': 'ContainerNotFound' }).end();
    if (key !== undefined) {
      const content = objects[decodeURIComponent(key)];
      return content === undefined ? response.writeHead(404).end() : response.end(content);
    }
    const { keys, next } = pageOf(objects, url.searchParams.get('prefix') ?? '', Number(url.searchParams.get('marker') ?? 0));
    const blobs = keys.map(
      (name) =>
        `<Blob><Name>${escapeXml(name)}</Name><Properties><Content-Length>${objects[name]?.length}</Content-Length><Etag>0x${objects[name]?.length}</Etag></Properties></Blob>`,
    );
    const marker = next === '' ? '<NextMarker />' : `<NextMarker>${next}</NextMarker>`;
    return response
      .writeHead(200, { 'content-type': 'application/xml' })
      .end(`<?xml version="1.0"?><EnumerationResults><Blobs>${blobs.join('')}</Blobs>${marker}</EnumerationResults>`);
  });
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/** As the documentation of Shared Key has it: every header that counts, whatever the client sends. */
function isAuthorized(url: URL, { method, headers }: IncomingMessage, { accountKey, signature }: AzureAccess): boolean {
  if (url.searchParams.get('sig') !== null) return url.searchParams.get('sig') === signature;
  const text = (name: string) => String(headers[name] ?? '');
  const length = text('content-length') === '0' ? '' : text('content-length');
  const date = headers['x-ms-date'] === undefined ? text('date') : '';
  const standard = [
    ...[method, text('content-encoding'), text('content-language'), length, text('content-md5'), text('content-type'), date],
    ...[text('if-modified-since'), text('if-match'), text('if-none-match'), text('if-unmodified-since'), text('range')],
  ];
  const own = Object.entries(headers)
    .filter(([name]) => name.startsWith('x-ms-'))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${String(value)}`);
  const query = [...url.searchParams].map(([name, value]) => `${name.toLowerCase()}:${value}`).toSorted();
  const signed = [...standard, ...own, `/account${url.pathname}`, ...query].join('\n');
  const expected = createHmac('sha256', Buffer.from(accountKey, 'base64')).update(signed, 'utf8').digest('base64');
  return headers.authorization === `SharedKey account:${expected}`;
}

/** MinIO's answer to AssumeRoleWithLDAPIdentity. */
export function startLdapStandIn(username: string, password: string): Promise<StandIn> {
  return listen(async (_url, request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const fields = new URLSearchParams(body);
    const isKnown = fields.get('LDAPUsername') === username && fields.get('LDAPPassword') === password;
    if (!isKnown || fields.get('Action') !== 'AssumeRoleWithLDAPIdentity')
      return response
        .writeHead(400)
        .end('<ErrorResponse><Error><Message>LDAP server error: no such user</Message></Error></ErrorResponse>');
    const credentials =
      '<AccessKeyId>ldap-key</AccessKeyId><SecretAccessKey>ldap-secret</SecretAccessKey><SessionToken>a&amp;b</SessionToken>';
    return response.end(
      `<AssumeRoleWithLDAPIdentityResponse><Result><Credentials>${credentials}</Credentials></Result></AssumeRoleWithLDAPIdentityResponse>`,
    );
  });
}

/** The least of S3: a listing in one page, and objects by path; anybody who has these keys, or nobody in particular. */
export function startS3StandIn(objects: Objects, accessKey: string | null): Promise<StandIn> {
  return listen((url, request, response) => {
    const authorization = request.headers.authorization ?? '';
    const isLetIn = accessKey === null ? authorization === '' : authorization.includes(`Credential=${accessKey}/`);
    const error = (status: number, code: string) =>
      response.writeHead(status).end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
    if (!isLetIn) return error(403, 'AccessDenied');
    const [, bucket, key = ''] = /^\/([^/]+)\/?(.*)$/.exec(url.pathname) ?? [];
    if (bucket !== 'fleet') return error(404, 'NoSuchBucket');
    if (key !== '') {
      const content = objects[decodeURIComponent(key)];
      return content === undefined ? error(404, 'NoSuchKey') : response.end(content);
    }
    const { keys, next } = pageOf(
      objects,
      url.searchParams.get('prefix') ?? '',
      Number(url.searchParams.get('continuation-token') ?? 0),
    );
    const contents = keys.map(
      (name) =>
        `<Contents><Key>${escapeXml(name)}</Key><ETag>&quot;e${objects[name]?.length}&quot;</ETag><Size>${objects[name]?.length}</Size></Contents>`,
    );
    const paging = `<IsTruncated>${next !== ''}</IsTruncated>${next === '' ? '' : `<NextContinuationToken>${next}</NextContinuationToken>`}`;
    return response.end(`<?xml version="1.0"?><ListBucketResult>${contents.join('')}${paging}</ListBucketResult>`);
  });
}
