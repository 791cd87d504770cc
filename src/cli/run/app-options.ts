import type { AppOptions, Tenancy } from '../../app/index.ts';
import { CliError } from '../error.ts';
import type { RuntimePlace } from '../runtime-place.ts';
import type { RunOptions } from './run-options.ts';

/** What the flags say to the app itself; connections, Leases and metrics come beside it. */
export function appOptionsOf(
  options: RunOptions,
  place: RuntimePlace,
): Omit<AppOptions, 'home' | 'target' | 'stateFolder' | 'log' | 'clock'> {
  return {
    guardNamespace: options.guardNamespace ?? place.namespace,
    ...(options.watchNamespace === undefined ? {} : { namespace: options.watchNamespace }),
    ...(options.watchLabelSelector === undefined ? {} : { shard: options.watchLabelSelector.test }),
    ...(options.eventsAddr === undefined ? {} : { eventsAddress: options.eventsAddr }),
    ...webhooksOf(options, place),
    ...artifactsOf(options),
    ...(options.allowLoopback === true ? { allowLoopback: true } : {}),
    ...(place.apiServerAddress === undefined ? {} : { forbiddenAddresses: [place.apiServerAddress] }),
    controllers: options.controllers,
    tenancy: tenancyOf(options),
    decryption: decryptionOf(options, place.self?.namespace),
    ...trustOf(options, place.self?.namespace),
    ...(options.allowedPushRefs === undefined ? {} : { allowedPushRefs: options.allowedPushRefs }),
    ...(place.self === undefined || options.policies !== undefined ? {} : { self: place.self }),
  };
}

/** In a pod others reach the listener through the Service of `deploy/`. */
function webhooksOf(
  { webhookAddr, webhookAdvertise }: RunOptions,
  { namespace, self }: RuntimePlace,
): Pick<AppOptions, 'webhooks'> {
  if (webhookAddr === undefined) return {};
  const baseUrl = webhookAdvertise ?? (self === undefined ? undefined : `http://webhook-receiver.${namespace}`);
  return { webhooks: { ...webhookAddr, ...(baseUrl === undefined ? {} : { baseUrl }) } };
}

function artifactsOf(options: RunOptions): Pick<AppOptions, 'artifacts'> {
  if (options.artifactAddr === undefined || options.observe === true) return {};
  return {
    artifacts: {
      ...options.artifactAddr,
      retention: { records: options.artifactRetentionRecords, ttlMs: options.artifactRetentionTtl },
      ...(options.artifactAdvertise === undefined ? {} : { advertise: options.artifactAdvertise }),
    },
  };
}

function tenancyOf({ defaultServiceAccount = '', crossNamespaceRefs }: RunOptions): Tenancy {
  return {
    ...(defaultServiceAccount === '' ? {} : { defaultServiceAccount }),
    ...(crossNamespaceRefs ? {} : { noCrossNamespaceRefs: true }),
  };
}

function trustOf({ sigstoreTrustedRoot }: RunOptions, ownNamespace: string | undefined): Pick<AppOptions, 'trustedRoot'> {
  if (sigstoreTrustedRoot === undefined) return {};
  return { trustedRoot: readName('--sigstore-trusted-root', sigstoreTrustedRoot, ownNamespace) };
}

function decryptionOf(options: RunOptions, ownNamespace: string | undefined): NonNullable<AppOptions['decryption']> {
  const { sopsAgeSecret, sopsVaultConfigmap, defaultDecryptionServiceAccount: account = '' } = options;
  const read = (option: string, text: string) => readName(option, text, ownNamespace);
  return {
    ...(sopsAgeSecret === undefined ? {} : { ageSecret: read('--sops-age-secret', sopsAgeSecret) }),
    ...(sopsVaultConfigmap === undefined ? {} : { vaultConfigMap: read('--sops-vault-configmap', sopsVaultConfigmap) }),
    ...(account === '' ? {} : { defaultServiceAccount: account }),
  };
}

/** Names without a namespace are of the one that this process runs in. */
function readName(option: string, text: string, ownNamespace: string | undefined): { namespace: string; name: string } {
  const [name = '', namespace = ownNamespace] = text.split('/').toReversed();
  if (namespace !== undefined && name !== '') return { namespace, name };
  throw new CliError('USAGE', `${option} ${text}: outside of a cluster it needs a namespace: ${option} NAMESPACE/NAME`);
}
