import { isIPv4 } from 'node:net';
import type { ImageName } from '../core/index.ts';
import { RegistryError } from './error.ts';

/**
 * Parses `spec.image` as Flux does (weak validation of go-containerregistry) and canonicalises it: `alpine` is
 * `index.docker.io/library/alpine`. Throws INVALID_NAME, which is never retried, with Flux's texts.
 */
export function parseImageName(image: string): ImageName {
  const scheme = image.indexOf('://');
  if (scheme >= 0) {
    const found = image.slice(0, scheme);
    throw invalid(`image '${image}' should not include URL scheme; remove '${found}://'`);
  }
  const { registry, path } = splitRegistry(image);
  const digest = path.indexOf('@');
  if (digest >= 0) throw invalid(`image '${image}' should not include a digest; remove '${path.slice(digest)}'`);
  const colon = path.indexOf(':');
  if (colon >= 0 && isTag(path.slice(colon + 1)))
    throw invalid(`image '${image}' should not include a tag; remove '${path.slice(colon)}'`);
  if (!isRegistry(registry) || !isRepository(path)) throw invalid(`could not parse reference: ${image}`);
  const isImplicit = registry === dockerHub && !path.includes('/');
  return { registry, repository: isImplicit ? `library/${path}` : path };
}

/** `index.docker.io/library/alpine`: what `status.canonicalImageName` shows. */
export function canonicalName({ registry, repository }: ImageName): string {
  return `${registry}/${repository}`;
}

/** The tag grammar of the OCI distribution specification. */
export function isTag(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(text);
}

/** Whether a registry is spoken to by plain HTTP without being asked to: this machine, `*.local`, and private IPv4 addresses. */
export function isLocalRegistry(registry: string): boolean {
  const host = registry.replace(/:\d+$/, '');
  return (
    /^localhost$|\.localhost$|\.local$/i.test(host) ||
    host === '[::1]' ||
    (isIPv4(host) && /^127\.|^10\.|^172\.(1[6-9]|2\d|3[01])\.|^192\.168\./.test(host))
  );
}

const dockerHub = 'index.docker.io';

/** The part before the first slash is a registry only if it has a dot or a colon. */
function splitRegistry(image: string): { registry: string; path: string } {
  const slash = image.indexOf('/');
  const first = image.slice(0, Math.max(slash, 0));
  if (!/[.:]/.test(first)) return { registry: dockerHub, path: image };
  return { registry: first === 'docker.io' ? dockerHub : first, path: image.slice(slash + 1) };
}

function isRegistry(registry: string): boolean {
  const isAuthority = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?$/.test(registry);
  return isAuthority && URL.canParse(`http://${registry}/`);
}

/** Empty, `.` and `..` segments pass Flux's check, but a URL cannot carry them to any registry. */
function isRepository(path: string): boolean {
  const hasSegments = path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
  return hasSegments && /^[a-z0-9_\-./]{2,255}$/.test(path);
}

function invalid(message: string): RegistryError {
  return new RegistryError('INVALID_NAME', printable(message), { retry: 'never', reason: 'ImageURLInvalid' });
}

function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{FFFD}').slice(0, 1000);
}
