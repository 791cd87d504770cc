import { spawnSync } from 'node:child_process';
import { findPart, missingPart, type PartName, partNames } from './parts.ts';

// Prints a line for each part: its version and where it is, or why it is missing. Run it with `node test/real/print-parts.ts`.

const versionArguments: Partial<Record<PartName, readonly string[]>> = {
  sshd: ['-V'],
  helm: ['version', '--short'],
  kubectl: ['version', '--client'],
  kustomize: ['version', '--client'],
  openssl: ['version'],
  sops: ['--version', '--disable-version-check'],
  cosign: ['version'],
};
const withoutVersion = new Set<PartName>(['ssh-keygen', 'git-http-backend', 'htpasswd']);

for (const name of partNames) {
  const path = findPart(name);
  console.log(path === null ? missingPart(name) : `${name}: ${readVersion(name, path)} (${path})`);
}

/** The first line that has a version in it; of kubectl for kustomize, the line that speaks of kustomize. */
function readVersion(name: PartName, path: string): string {
  if (withoutVersion.has(name)) return 'present';
  const { stdout, stderr } = spawnSync(path, versionArguments[name] ?? ['--version'], { encoding: 'utf8', timeout: 10_000 });
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => /\d+\.\d+/.test(line));
  const line = name === 'kustomize' ? lines.find((text) => text.includes('ustomize')) : lines[0];
  return (line ?? lines[0] ?? 'version unknown').trim();
}
