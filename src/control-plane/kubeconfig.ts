import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** A kubeconfig with one context, `tagalong`. */
export function renderKubeconfig({
  url,
  token,
  caPem,
}: {
  readonly url: string;
  readonly token: string;
  readonly caPem: string;
}): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'tagalong', cluster: { server: url, 'certificate-authority-data': Buffer.from(caPem).toString('base64') } },
    ],
    users: [{ name: 'tagalong', user: { token } }],
    contexts: [{ name: 'tagalong', context: { cluster: 'tagalong', user: 'tagalong' } }],
    'current-context': 'tagalong',
  });
}

/** Writes it into the state folder, readable by its owner alone, and returns where. */
export async function writeKubeconfig(stateFolder: string, yaml: string): Promise<string> {
  await mkdir(stateFolder, { recursive: true, mode: 0o700 });
  const path = join(stateFolder, 'kubeconfig');
  const unfinished = `${path}.${process.pid}`;
  await writeFile(unfinished, yaml, { mode: 0o600 }); // a new file, so that an old one's permissions do not count
  await rename(unfinished, path);
  return path;
}
