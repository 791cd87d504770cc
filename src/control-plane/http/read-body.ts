import type { IncomingMessage } from 'node:http';
import { parse } from 'yaml';
import { ApiStatus, badRequest } from '../objects/api-status.ts';
import { decodeProtobuf } from './decode-protobuf.ts';

/** As a real API server's limit on a request's body. */
export const maxBodyBytes = 3 * 1024 * 1024;

/** The whole body; throws 413 beyond the limit. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > maxBodyBytes)
      throw new ApiStatus(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${maxBodyBytes}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The media type of the body without its parameters; JSON where none is given. */
export function mediaTypeOf(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** Parses an object that is created or replaced. Throws 415 for what is neither JSON nor YAML nor Kubernetes' protobuf. */
export function parseObject(mediaType: string, body: Buffer): unknown {
  if (mediaType === 'application/json' || mediaType === '') return parseJson(body);
  if (mediaType === 'application/yaml') return parseYaml(body);
  if (mediaType === 'application/vnd.kubernetes.protobuf') return decodeProtobuf(body);
  throw unsupportedMediaType(['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']);
}

export function unsupportedMediaType(accepted: readonly string[]): ApiStatus {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new ApiStatus(415, 'UnsupportedMediaType', message);
}

export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw badRequest(`the object provided is unrecognized: couldn't parse the body as JSON: ${describe(error)}`);
  }
}

/** JSON is YAML too, and far quicker to read as such. */
export function parseYaml(body: Buffer): unknown {
  const text = body.toString('utf8');
  if (text.trimStart().startsWith('{')) {
    try {
      return JSON.parse(text);
    } catch {
      // YAML's flow style looks the same
    }
  }
  try {
    return parse(text, { maxAliasCount: 100 });
  } catch (error) {
    throw badRequest(`error decoding YAML: ${describe(error)}`);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}
