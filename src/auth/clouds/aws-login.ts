import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { type CloudAsk, type CloudToken, proxyUrl, readAnnotation } from './cloud-account.ts';
import type { CloudHost } from './cloud-host.ts';
import { loadSdk } from './load-sdk.ts';

type EcrHost = Extract<CloudHost, { provider: 'aws' }>;

/** ECR's public gallery has its tokens from this region alone. */
const publicRegion = 'us-east-1';

/**
 * A login at ECR by GetAuthorizationToken: as the ServiceAccount's role (`eks.amazonaws.com/role-arn`), or by whatever the SDK finds
 * around the bot (environment, web identity, pod identity, instance).
 */
export async function loginAtAws(host: EcrHost, ask: CloudAsk): Promise<CloudToken> {
  const { ECRClient, GetAuthorizationTokenCommand } = await loadSdk('@aws-sdk/client-ecr', () => import('@aws-sdk/client-ecr'));
  const region = host.kind === 'public' ? publicRegion : host.region;
  const client = new ECRClient({
    region,
    ...(host.kind === 'private' && host.fips && { useFipsEndpoint: true }),
    ...endpointOf(host, ask),
    ...handlerOf(ask),
    ...(await awsCredentialsOf(region, ask)),
    ...(host.kind === 'public' && { signingName: 'ecr-public' }),
  });
  if (host.kind === 'public') client.middlewareStack.add(askPublicGallery, { step: 'build', name: 'askPublicGallery' });
  try {
    const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}));
    return parseToken(authorizationData);
  } finally {
    client.destroy();
  }
}

/** The public gallery has the same operation under another name, and answers with one token where ECR has a list. */
const askPublicGallery =
  <Input extends object, Output extends object>(next: (args: { input: Input; request: unknown }) => Promise<Output>) =>
  (args: { input: Input; request: unknown }): Promise<Output> => {
    const { headers } = args.request as { headers: Record<string, string> };
    headers['x-amz-target'] = 'SpencerFrontendService.GetAuthorizationToken';
    return next(args);
  };

function endpointOf(host: EcrHost, { endpoints }: CloudAsk): { endpoint?: string } {
  const own = host.kind === 'public' ? endpoints.ecrPublic : endpoints.ecr;
  if (own !== undefined) return { endpoint: own };
  return host.kind === 'public' ? { endpoint: `https://api.ecr-public.${publicRegion}.amazonaws.com` } : {};
}

/** What requests in a region are signed with: the role of the ServiceAccount, or nothing where the SDK is to look around the bot. */
export async function awsCredentialsOf(region: string, ask: CloudAsk) {
  if (ask.account === undefined) return {};
  const role = readAnnotation(ask.account, 'eks.amazonaws.com/role-arn', /^arn:aws[a-z-]*:iam::[0-9]{12}:role\/.+$/);
  const { namespace, name } = ask.account;
  if (role === undefined) throw new TypeError(`ServiceAccount ${namespace}/${name} has no annotation eks.amazonaws.com/role-arn`);
  const { fromWebToken } = await loadSdk('@aws-sdk/credential-providers', () => import('@aws-sdk/credential-providers'));
  const webIdentityToken = await ask.account.createToken('sts.amazonaws.com');
  const clientConfig = { region, ...(ask.endpoints.sts !== undefined && { endpoint: ask.endpoints.sts }), ...handlerOf(ask) };
  const roleSessionName = `${namespace}.${name}.tagalong`.replace(/[^\w+=,.@-]/g, '-').slice(0, 64);
  return { credentials: fromWebToken({ roleArn: role, webIdentityToken, roleSessionName, clientConfig }) };
}

function handlerOf({ proxy }: CloudAsk) {
  const address = proxyUrl(proxy);
  if (address === null) return {};
  const options = { keepAlive: true, proxyEnv: { HTTP_PROXY: address, HTTPS_PROXY: address } };
  return { requestHandler: { httpAgent: new HttpAgent(options), httpsAgent: new HttpsAgent(options) } };
}

interface AuthorizationData {
  readonly authorizationToken?: string | undefined;
  readonly expiresAt?: Date | number | undefined;
}

function parseToken(answer: AuthorizationData | readonly AuthorizationData[] | undefined): CloudToken {
  const [found] = Array.isArray(answer) ? (answer as readonly AuthorizationData[]) : [answer as AuthorizationData | undefined];
  const decoded = Buffer.from(found?.authorizationToken ?? '', 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon <= 0) throw new TypeError('GetAuthorizationToken answered without a token of the form user:password');
  const expiresAt = found?.expiresAt;
  const endsAt = expiresAt instanceof Date ? expiresAt.getTime() : Number(expiresAt) * 1000;
  return { username: decoded.slice(0, colon), text: decoded.slice(colon + 1), expiresAt: endsAt };
}
