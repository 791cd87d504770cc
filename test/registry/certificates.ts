import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Test certificates; fixtures/README.md says how they were made. */
export const certificates = {
  ca: read('ca.crt'),
  server: { certificate: read('server.crt'), key: read('server.key') },
  client: { certificate: read('client.crt'), key: read('client.key') },
};

/** Where one of them is, for a process that reads it by itself. */
export function certificatePath(file: string): string {
  return fileURLToPath(new URL(`fixtures/${file}`, import.meta.url));
}

function read(file: string): string {
  return readFileSync(certificatePath(file), 'utf8');
}
