import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folders that the demo runs on; they come with the package. */
export const samplePolicies = fileURLToPath(new URL('../../policies', import.meta.url));
export const sampleRepository = fileURLToPath(new URL('../../examples/sample', import.meta.url));

/** The hosts that the sample files name, and the real addresses of a stage. */
export interface StageAddresses {
  /** `http://127.0.0.1:4321`, in place of `http://git.sandbox.example`. */
  readonly gitUrl: string;
  /** `127.0.0.1:1234`, in place of `registry.sandbox.example`. */
  readonly registryHost: string;
}

/** Copies a folder of text files, with the hosts of the sandbox replaced by where they are. */
export async function copySample(from: string, to: string, { gitUrl, registryHost }: StageAddresses): Promise<void> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const path = join(entry.parentPath, entry.name);
    const text = await readFile(path, 'utf8');
    const target = join(to, path.slice(from.length));
    await mkdir(dirname(target), { recursive: true });
    await writeFile(
      target,
      text.replaceAll('http://git.sandbox.example', gitUrl).replaceAll('registry.sandbox.example', registryHost),
    );
  }
}
