import { type RegistryCredentials, Secret } from '../core/index.ts';
import { AuthError } from './error.ts';
import { decodeBase64, describeSecret, readSecretData, type SecretObject } from './secret-data.ts';

/** One entry of a docker configuration: which registries it is for, and what opens them. */
export interface DockerConfigEntry {
  /** As written: `https://index.docker.io/v1/`, `*.example.com`, `registry.example:5000/team`. */
  readonly key: string;
  readonly credentials: RegistryCredentials;
}

/**
 * The entries of a pull secret, in the order written. Types other than `kubernetes.io/dockerconfigjson` and
 * `kubernetes.io/dockercfg` have none, as in Flux. Throws INVALID_SECRET naming the Secret and its key.
 */
export function parseDockerConfig(secret: SecretObject): DockerConfigEntry[] {
  switch (secret.type) {
    case 'kubernetes.io/dockerconfigjson': {
      const where = `${describeSecret(secret)}, key '.dockerconfigjson'`;
      const { auths = {} } = parseObject(readSecretData(secret).text('.dockerconfigjson'), where);
      return parseEntries(auths, where);
    }
    case 'kubernetes.io/dockercfg': {
      const where = `${describeSecret(secret)}, key '.dockercfg'`;
      return parseEntries(parseObject(readSecretData(secret).text('.dockercfg'), where), where);
    }
    default:
      return [];
  }
}

function parseObject(text: string | undefined, where: string): Record<string, unknown> {
  if (text === undefined) throw new AuthError('INVALID_SECRET', `${where} is missing`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // The parser's own message would quote the secret.
    throw new AuthError('INVALID_SECRET', `${where} is not valid JSON`);
  }
  if (!isObject(parsed)) throw new AuthError('INVALID_SECRET', `${where} is not a JSON object`);
  return parsed;
}

function parseEntries(auths: unknown, where: string): DockerConfigEntry[] {
  if (!isObject(auths)) throw new AuthError('INVALID_SECRET', `${where}: 'auths' is not an object`);
  return Object.entries(auths).flatMap(([key, entry]) => {
    const credentials = parseCredentials(entry, `${where}: the entry for '${key}'`);
    return credentials === null ? [] : [{ key, credentials }];
  });
}

/** Null for an entry that says nothing, as `docker login` with a credential store leaves behind. */
function parseCredentials(entry: unknown, where: string): RegistryCredentials | null {
  if (!isObject(entry)) throw new AuthError('INVALID_SECRET', `${where} is not an object`);
  const registryToken = textOf(entry, 'registrytoken');
  if (registryToken !== undefined) return { kind: 'bearer', token: new Secret(registryToken) };
  const identityToken = textOf(entry, 'identitytoken');
  if (identityToken !== undefined) return { kind: 'identity', token: new Secret(identityToken) };
  const [username, password] = splitAuth(textOf(entry, 'auth'), where) ?? [textOf(entry, 'username'), textOf(entry, 'password')];
  if (username === undefined && password === undefined) return null;
  return { kind: 'basic', username: username ?? '', password: new Secret(password ?? '') };
}

function splitAuth(auth: string | undefined, where: string): readonly [string, string] | undefined {
  const decoded = decodeBase64(auth?.replaceAll('-', '+').replaceAll('_', '/'), `${where}: 'auth'`);
  if (decoded === undefined) return undefined;
  const colon = decoded.indexOf(':');
  if (colon < 0) throw new AuthError('INVALID_SECRET', `${where}: 'auth' is not the base64 of 'username:password'`);
  // Some tools pad the decoded text with NUL bytes.
  return [decoded.slice(0, colon), decoded.slice(colon + 1).replace(/\0+$/, '')];
}

function textOf(entry: Record<string, unknown>, key: string): string | undefined {
  const value = entry[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
