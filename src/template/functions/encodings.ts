import { createHash } from 'node:crypto';
import { define, type FunctionTable, type TemplateFunction } from '../define.ts';

/** Sprig's encodings and digests. A wrong text decodes to a message, as in Go. */
export const encodings: FunctionTable = {
  b64enc: define(['string'], ([text], budget) => {
    budget.spend(text.length * 4);
    return Buffer.from(text).toString('base64');
  }),
  b64dec: define(['string'], ([text]) => decodeBase64(text)),
  b32enc: define(['string'], ([text], budget) => {
    budget.spend(text.length * 6);
    return encodeBase32(Buffer.from(text));
  }),
  b32dec: define(['string'], ([text]) => decodeBase32(text)),
  sha1sum: digest('sha1'),
  sha256sum: digest('sha256'),
  sha512sum: digest('sha512'),
  adler32sum: define(['string'], ([text], budget) => {
    budget.spend(text.length);
    return String(adler32(Buffer.from(text)));
  }),
};

function digest(algorithm: string): TemplateFunction {
  return define(['string'], ([text], budget) => {
    budget.spend(text.length);
    return createHash(algorithm).update(text).digest('hex');
  });
}

/** Line breaks do not count; the position in the message is that of the first wrong byte, as near as can be told. */
function decodeBase64(text: string): string {
  const clean = text.replace(/[\r\n]/g, '');
  const wrong = clean.search(/[^A-Za-z0-9+/]/);
  const bodyEnd = wrong < 0 ? clean.length : wrong;
  const tail = clean.slice(bodyEnd);
  const isPadded = clean.length % 4 === 0 && /^={0,2}$/.test(tail);
  if (isPadded) return Buffer.from(clean, 'base64').toString('utf8');
  return `illegal base64 data at input byte ${wrong < 0 ? clean.length - (clean.length % 4) : wrong}`;
}

const alphabet32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function encodeBase32(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 5) {
    const group = bytes.subarray(at, at + 5);
    const bits = BigInt(`0x${group.toString('hex').padEnd(10, '0')}`);
    const used = Math.ceil((group.length * 8) / 5);
    const characters = Array.from({ length: 8 }, (_, index) => alphabet32[Number((bits >> BigInt(35 - 5 * index)) & 31n)]);
    text += characters.slice(0, used).join('').padEnd(8, '=');
  }
  return text;
}

function decodeBase32(text: string): string {
  const clean = text.replace(/[\r\n]/g, '');
  const wrong = clean.search(/[^A-Z2-7]/);
  if (clean.length % 8 !== 0 || (wrong >= 0 && !/^=+$/.test(clean.slice(wrong)))) {
    return `illegal base32 data at input byte ${wrong < 0 ? clean.length - (clean.length % 8) : wrong}`;
  }
  const bytes: number[] = [];
  let [bits, count] = [0, 0];
  for (const character of wrong < 0 ? clean : clean.slice(0, wrong)) {
    bits = ((bits << 5) | alphabet32.indexOf(character)) & 0xfff;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes.push((bits >> count) & 0xff);
  }
  return Buffer.from(bytes).toString('utf8');
}

function adler32(bytes: Buffer): number {
  let [low, high] = [1, 0];
  for (const byte of bytes) {
    low = (low + byte) % 65521;
    high = (high + low) % 65521;
  }
  return high * 65536 + low;
}
