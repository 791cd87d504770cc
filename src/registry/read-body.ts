import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { type Call, failCall } from './call.ts';
import { RegistryError } from './error.ts';

const decoders = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

export interface BodyLimits {
  readonly maxBytes: number;
  /** Whether the exchange has had all the time there is for one. */
  isOver(): boolean;
}

/**
 * Reads an answer to its end: at most `maxBytes`, decoded if a proxy compressed it unasked. Throws TOO_LARGE, and BAD_RESPONSE
 * for an answer that breaks off, trickles without end, or cannot be decoded.
 */
export async function readBody(response: Dispatcher.ResponseData, call: Call, { maxBytes, isOver }: BodyLimits): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(call, maxBytes); // leaving the loop ends the connection
      if (isOver()) throw failCall(call, 'BAD_RESPONSE', `the answer trickles: ${bytes} bytes, and no end in sight`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (call.signal.aborted || error instanceof RegistryError) throw error;
    throw failCall(call, 'BAD_RESPONSE', `the answer broke off after ${bytes} bytes`, { cause: error });
  }
  return decodeBody(Buffer.concat(chunks), response.headers['content-encoding'], call, maxBytes);
}

async function decodeBody(body: Buffer, encoding: string | string[] | undefined, call: Call, maxBytes: number): Promise<Buffer> {
  const name = String(encoding ?? 'identity').toLowerCase();
  if (name === 'identity' || name === '' || body.length === 0) return body;
  const decode = Object.entries(decoders).find(([known]) => known === name)?.[1];
  if (decode === undefined) throw failCall(call, 'BAD_RESPONSE', 'the answer is in an encoding that was not asked for');
  try {
    return await decode(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(call, maxBytes);
    throw failCall(call, 'BAD_RESPONSE', `the answer is not the ${name} it claims to be`, { cause: error });
  }
}

function tooLarge(call: Call, maxBytes: number): Error {
  return failCall(call, 'TOO_LARGE', `the answer is larger than ${maxBytes} bytes`);
}
