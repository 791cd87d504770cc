import { readFileSync } from 'node:fs';

/** Test certificates; fixtures/README.md says how they were made. */
export const certificates = {
  ca: read('ca.crt'),
  server: { certificate: read('server.crt'), key: read('server.key') },
  client: { certificate: read('client.crt'), key: read('client.key') },
};

function read(file: string): string {
  return readFileSync(new URL(`fixtures/${file}`, import.meta.url), 'utf8');
}
