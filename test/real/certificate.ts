import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { requirePart } from './parts.ts';

const execute = promisify(execFile);

export interface Certificate {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Both the server's certificate and the authority to trust: it signed itself. */
  readonly caPem: string;
}

/** Writes a key and a certificate for 127.0.0.1 and localhost, good for a day, into the folder. */
export async function createCertificate(folder: string): Promise<Certificate> {
  const [certificateFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  await execute(requirePart('openssl'), ['req', '-x509', '-days', '1', ...key, ...subject, '-out', certificateFile]);
  return { certificateFile, keyFile, caPem: await readFile(certificateFile, 'utf8') };
}
