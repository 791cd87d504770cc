import { createDecipheriv } from 'node:crypto';
import { SopsError } from './error.ts';
import { formatTime } from './format-scalar.ts';
import { type Comment, type Leaf, textOf } from './tree.ts';

/** 256 bits. */
export type DataKey = Uint8Array;

const form = /^ENC\[AES256_GCM,data:(.+),iv:(.+),tag:(.+),type:(.+)\]/s;

/**
 * What stands in an `ENC[AES256_GCM,…]` text, with the type it had. `bound` is what the text is bound to: its path, or a time. Throws
 * VALUE_INVALID, whose message has neither the text nor the value.
 */
export function decryptValue(text: string, key: DataKey, bound: string): Leaf | Comment {
  if (text === '') return '';
  const match = form.exec(text);
  if (match === null) throw invalid('it is not encrypted, or not in the form of sops');
  const [, data = '', iv = '', tag = '', type = ''] = match;
  return readTyped(open({ data: decode(data), iv: decode(iv), tag: decode(tag) }, key, bound), type);
}

interface Sealed {
  readonly data: Buffer;
  readonly iv: Buffer;
  readonly tag: Buffer;
}

function open({ data, iv, tag }: Sealed, key: DataKey, bound: string): Buffer {
  if (key.length !== 32) throw new SopsError('KEY_PARTS_INVALID', `the data key has ${key.length} bytes instead of 32`);
  if (tag.length !== 16 || iv.length === 0) throw invalid('its tag or its iv has a wrong length');
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: 16 });
    decipher.setAAD(Buffer.from(bound));
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(data), decipher.final()]);
  } catch {
    throw invalid('it was changed, moved to another key, or encrypted with another data key');
  }
}

function decode(base64: string): Buffer {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw invalid('it is not base64');
  return Buffer.from(base64, 'base64');
}

/** sops writes Go's notation of each type, and Python's of booleans. */
function readTyped(bytes: Buffer, type: string): Leaf | Comment {
  const text = textOf(bytes);
  if (type === 'str') return text;
  if (type === 'bytes') return { kind: 'bytes', bytes };
  if (typeof text !== 'string') throw invalid(`its ${type} is not UTF-8`);
  switch (type) {
    case 'int':
      return readInteger(text);
    case 'float':
      return readFloat(text);
    case 'bool':
      return readBoolean(text);
    case 'time':
      return { kind: 'time', text: readTime(text) };
    case 'comment':
      return { kind: 'comment', text, inline: false };
    default:
      throw invalid('its type is none that sops knows; a newer sops may have written it');
  }
}

function readInteger(text: string): bigint {
  if (!/^[+-]?\d+$/.test(text)) throw invalid('it is no integer');
  const value = BigInt(text.replace(/^\+/, ''));
  if (BigInt.asIntN(64, value) !== value) throw invalid('it is an integer of more than 64 bits');
  return value;
}

function readFloat(text: string): number {
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return NaN;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw invalid('it is no floating-point number');
  return Number(text);
}

function readBoolean(text: string): boolean {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false;
  throw invalid('it is no boolean');
}

function readTime(text: string): string {
  const time = formatTime(text);
  if (time === null) throw invalid('it is no RFC 3339 time');
  return time;
}

function invalid(what: string): SopsError {
  return new SopsError('VALUE_INVALID', what);
}
