import { createHash, createHmac } from 'node:crypto';
import type { Instant } from '../../core/index.ts';
import type { AwsCredentials } from './cloud-identity.ts';

/** The day, region and service that a signature is good for. */
export interface SignatureScope {
  readonly region: string;
  readonly service: string;
  readonly now: Instant;
}

export interface AwsRequest {
  readonly method: 'GET';
  readonly host: string;
  readonly path: string;
  /** Encoded, in order. */
  readonly query: string;
  /** Lower case names, in order; `host` is among them. */
  readonly headers: Readonly<Record<string, string>>;
}

/** `20260102T030405Z`. */
export function awsTime(now: Instant): string {
  return `${new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}

export function awsScope({ region, service, now }: SignatureScope): string {
  return [awsTime(now).slice(0, 8), region, service, 'aws4_request'].join('/');
}

/** Signature Version 4 of a request without a body, in hex: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
export function signAwsRequest(request: AwsRequest, scope: SignatureScope, secretAccessKey: string): string {
  const { method, path, query, headers } = request;
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}`);
  const canonical = [method, path, query, ...lines, '', Object.keys(headers).join(';'), digest('')].join('\n');
  return signCanonical(canonical, awsTime(scope.now), scope, secretAccessKey);
}

/** Signature Version 4, in hex, of a request that is in its canonical form already; `time` is how the request tells it. */
export function signCanonical(canonical: string, time: string, scope: SignatureScope, secretAccessKey: string): string {
  const text = ['AWS4-HMAC-SHA256', time, awsScope(scope), digest(canonical)].join('\n');
  const parts = awsScope(scope).split('/');
  const key = parts.reduce<Buffer>((last, part) => hmac(last, part), Buffer.from(`AWS4${secretAccessKey}`));
  return hmac(key, text).toString('hex');
}

/** The headers that a signed request carries. */
export function signedHeaders(
  { host, path }: { readonly host: string; readonly path: string },
  credentials: AwsCredentials,
  scope: SignatureScope,
): Record<string, string> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const headers = {
    host,
    'x-amz-date': awsTime(scope.now),
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  };
  const signature = signAwsRequest({ method: 'GET', host, path, query: '', headers }, scope, secretAccessKey);
  const names = Object.keys(headers).join(';');
  const { host: _host, ...sent } = headers;
  return {
    ...sent,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${awsScope(scope)}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
