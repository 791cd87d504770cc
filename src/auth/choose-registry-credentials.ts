import type { ImageName, RegistryCredentials } from '../core/index.ts';
import { type DockerConfigEntry, parseDockerConfig } from './docker-config.ts';
import type { SecretObject } from './secret-data.ts';

interface Pattern {
  readonly host: string;
  readonly path: string;
  /** `host/path`, by which entries are ordered. */
  readonly text: string;
  readonly credentials: RegistryCredentials;
}

/**
 * The credentials for an image out of pull secrets, by the kubelet's rules: a key's scheme and `/v1/`, `/v2/` are dropped, `*`
 * in a host stands for a part of one label, a path is a prefix, and of several keys that match the last in byte order (so the
 * most specific path) is taken; among equal keys the first secret's. Nothing matches: anonymous. Throws INVALID_SECRET.
 */
export function chooseRegistryCredentials(secrets: readonly SecretObject[], image: ImageName): RegistryCredentials {
  const patterns = secrets.flatMap(parseDockerConfig).map(toPattern);
  // Byte order as in Go; the sort is stable, so earlier secrets stay in front.
  const ordered = patterns.toSorted((a, b) => Buffer.compare(Buffer.from(b.text), Buffer.from(a.text)));
  const found = ordered.find((pattern) => matchesHost(pattern, image) && matchesPath(pattern, image));
  return found?.credentials ?? { kind: 'anonymous' };
}

const dockerHubHosts = new Set(['index.docker.io', 'docker.io', 'registry-1.docker.io', 'registry.hub.docker.com']);

function toPattern({ key, credentials }: DockerConfigEntry): Pattern {
  const withoutScheme = key.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
  const slash = withoutScheme.indexOf('/');
  const written = slash < 0 ? withoutScheme : withoutScheme.slice(0, slash);
  const host = dockerHubHosts.has(written.toLowerCase()) ? 'index.docker.io' : written.toLowerCase();
  const path = slash < 0 ? '' : withoutScheme.slice(slash).replace(/^\/v[12](?=\/|$)/, '');
  const trimmed = path.replace(/^\/+|\/+$/g, '');
  return { host, path: trimmed, text: trimmed === '' ? host : `${host}/${trimmed}`, credentials };
}

function matchesHost({ host }: Pattern, image: ImageName): boolean {
  const [patternName, patternPort] = splitPort(host);
  const [name, port] = splitPort(image.registry.toLowerCase());
  const [patternLabels, labels] = [patternName.split('.'), name.split('.')];
  return (
    patternPort === port &&
    patternLabels.length === labels.length &&
    patternLabels.every((pattern, index) => matchesLabel(pattern, labels[index] ?? ''))
  );
}

/** A prefix of the text, not of segments, as the kubelet has it: a key for `team` opens `team-b/web` too. */
function matchesPath({ path }: Pattern, { repository }: ImageName): boolean {
  return repository.startsWith(path);
}

function splitPort(authority: string): readonly [string, string] {
  const [, name = authority, port = ''] = /^(.*?)(?::(\d+))?$/.exec(authority) ?? [];
  return [name, port];
}

/** Shell globs within one label, without a regular expression: `*`, `?` and `[a-z]` as Go's filepath.Match reads them. */
function matchesLabel(pattern: string, label: string): boolean {
  const [head, rest] = [pattern[0], pattern.slice(1)];
  if (head === undefined) return label === '';
  if (head === '*') return matchesLabel(rest, label) || (label !== '' && matchesLabel(pattern, label.slice(1)));
  if (label === '') return false;
  if (head === '[') return matchesClass(rest, label);
  return (head === '?' || head === label[0]) && matchesLabel(rest, label.slice(1));
}

function matchesClass(afterBracket: string, label: string): boolean {
  const end = afterBracket.indexOf(']', 1);
  if (end < 0) return false;
  const negated = afterBracket.startsWith('^');
  const members = afterBracket.slice(negated ? 1 : 0, end);
  const ranges = [...members.matchAll(/(.)-(.)|(.)/gs)];
  const char = label[0] ?? '';
  const isMember = ranges.some(([, from, to, single]) =>
    single === undefined ? char >= (from ?? '') && char <= (to ?? '') : single === char,
  );
  return isMember !== negated && matchesLabel(afterBracket.slice(end + 1), label.slice(1));
}
