import { forgeAnnotation, forgeSecretAnnotation, forgeUrlAnnotation, type ImageUpdateAutomation } from '../api/index.ts';
import { readSecretData } from '../auth/index.ts';
import {
  type Cluster,
  type Forge,
  type ForgeAccess,
  type Forges,
  type GitRemote,
  nameOf,
  Secret,
  type StepContext,
} from '../core/index.ts';
import { locateForge } from '../forge/index.ts';
import { failAs, stalled } from './automation-failure.ts';
import { readSecret } from './secrets.ts';

/**
 * The forge that a repository is on, opened with the token that opens the repository itself, or with that of the Secret that the automation
 * names.
 * @throws TagalongError that stalls the object where the forge is not known, or there is no token for it
 */
export async function openForge(
  resource: ImageUpdateAutomation,
  remote: GitRemote,
  context: Pick<StepContext, 'signal'>,
  deps: { readonly cluster: Cluster; readonly forges: Forges },
): Promise<Forge> {
  const annotations = resource.metadata.annotations ?? {};
  const located = locateForge(remote.url, { kind: annotations[forgeAnnotation], apiUrl: annotations[forgeUrlAnnotation] });
  if (located.kind === 'unknown') {
    const message = `the forge of '${remote.url}' is not known: ${located.because}; see the annotations ${forgeAnnotation} and ${forgeUrlAnnotation}`;
    throw stalled('ForgeUnknown', message);
  }
  const named = annotations[forgeSecretAnnotation];
  const access =
    named === undefined ? accessOfRemote(remote, located.place.apiUrl) : await accessOfSecret(resource, named, context, deps);
  return deps.forges.forge({ ...located.place, ...access });
}

type Key = Pick<ForgeAccess, 'token' | 'ca'>;

/** Credentials of a repository go to its own host alone, whatever an annotation says. */
function accessOfRemote({ url, credentials, ca }: GitRemote, apiUrl: string): Key {
  const [from, to] = [new URL(url).hostname, new URL(apiUrl).hostname];
  if (to !== from && to !== `api.${from}`) {
    throw stalled(
      'ForgeTokenMissing',
      `the token of '${from}' is not sent to '${to}'; name a Secret for it: ${forgeSecretAnnotation}`,
    );
  }
  const trust = ca === undefined ? {} : { ca };
  if (credentials.kind === 'basic') return { token: credentials.password, ...trust };
  if (credentials.kind === 'bearer') return { token: credentials.token, ...trust };
  const because = credentials.kind === 'ssh' ? 'an ssh key opens no API' : 'the repository is opened without one';
  throw stalled(
    'ForgeTokenMissing',
    `pull requests need a token, and ${because}; name a Secret with one: ${forgeSecretAnnotation}`,
  );
}

async function accessOfSecret(
  resource: ImageUpdateAutomation,
  name: string,
  { signal }: Pick<StepContext, 'signal'>,
  { cluster }: { readonly cluster: Cluster },
): Promise<Key> {
  const { namespace } = nameOf(resource);
  const unconfigured = failAs('failed configuring source manager', 'SourceManagerFailed');
  const secret = await readSecret(cluster, namespace, name, signal).catch(unconfigured);
  const data = readSecretData(secret);
  const token = data.firstText('token', 'bearerToken', 'password');
  if (token === undefined)
    throw stalled('ForgeTokenMissing', `secret '${namespace}/${name}' has none of the keys token, bearerToken and password`);
  const ca = data.firstText('ca.crt', 'caFile');
  return { token: new Secret(token.trim()), ...(ca === undefined ? {} : { ca }) };
}
