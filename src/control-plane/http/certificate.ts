import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** A key and a certificate that vouches for itself, both PEM. */
export interface SelfSigned {
  readonly key: string;
  readonly certificate: string;
}

const oids = {
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
  commonName: [0x55, 0x04, 0x03],
  keyUsage: [0x55, 0x1d, 0x0f],
  subjectAltName: [0x55, 0x1d, 0x11],
  basicConstraints: [0x55, 0x1d, 0x13],
};

/**
 * A new P-256 key with a certificate for 127.0.0.1 and localhost, valid for `days` from `now` (milliseconds since the epoch).
 * kubectl sends a token over TLS alone, and a newcomer has no certificate; RFC 5280, section 4.1, in DER.
 */
export function createSelfSigned(now: number, days: number): SelfSigned {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(objectId(oids.ecdsaWithSha256));
  const name = sequence(set(sequence(objectId(oids.commonName), tagged(0x0c, Buffer.from('tagalong control plane')))));
  const validity = sequence(encodeTime(now - 3_600_000), encodeTime(now + days * 86_400_000));
  const version3 = tagged(0xa0, integer(Buffer.from([2])));
  const serial = integer(Buffer.concat([Buffer.from([0x40]), randomBytes(15)]));
  const subjectKey = publicKey.export({ type: 'spki', format: 'der' });
  const body = sequence(version3, serial, algorithm, name, validity, name, subjectKey, tagged(0xa3, extensions()));
  const signature = bitString(sign('sha256', body, privateKey));
  const certificate = sequence(body, algorithm, signature)
    .toString('base64')
    .replaceAll(/.{1,64}/g, '$&\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    certificate: `-----BEGIN CERTIFICATE-----\n${certificate}-----END CERTIFICATE-----\n`,
  };
}

function extensions(): Buffer {
  const isAuthority = sequence(tagged(0x01, Buffer.from([0xff])));
  const names = sequence(tagged(0x87, Buffer.from([127, 0, 0, 1])), tagged(0x82, Buffer.from('localhost')));
  const usage = tagged(0x03, Buffer.from([2, 0x84])); // digitalSignature, keyCertSign
  return sequence(
    extension(oids.basicConstraints, isAuthority),
    extension(oids.keyUsage, usage),
    extension(oids.subjectAltName, names),
  );
}

function extension(id: readonly number[], content: Buffer): Buffer {
  return sequence(objectId(id), tagged(0x04, content));
}

function tagged(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), encodeLength(content.length), content]);
}

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  return length < 0x100 ? Buffer.from([0x81, length]) : Buffer.from([0x82, length >> 8, length & 0xff]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function set(...parts: readonly Buffer[]): Buffer {
  return tagged(0x31, Buffer.concat(parts));
}

function objectId(id: readonly number[]): Buffer {
  return tagged(0x06, Buffer.from(id));
}

function integer(content: Buffer): Buffer {
  return tagged(0x02, content);
}

function bitString(content: Buffer): Buffer {
  return tagged(0x03, Buffer.concat([Buffer.from([0]), content]));
}

/** UTCTime before 2050, GeneralizedTime from then on: RFC 5280, section 4.1.2.5. */
function encodeTime(instant: number): Buffer {
  const digits = new Date(instant).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  const isBefore2050 = Number(digits.slice(0, 4)) < 2050;
  return isBefore2050 ? tagged(0x17, Buffer.from(digits.slice(2))) : tagged(0x18, Buffer.from(digits));
}
