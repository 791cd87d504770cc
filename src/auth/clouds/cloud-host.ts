/** A registry of a cloud, by its host alone; what is not listed here belongs to no cloud. */
export type CloudHost =
  | { readonly provider: 'aws'; readonly kind: 'private'; readonly region: string; readonly fips: boolean }
  | { readonly provider: 'aws'; readonly kind: 'public' }
  | { readonly provider: 'azure'; readonly cloud: 'public' | 'china' | 'government' | 'germany' }
  | { readonly provider: 'gcp' };

/** `ACCOUNT.dkr.ecr[-fips].REGION.` and one of these; the newer names for both families of addresses are `dkr-ecr`. */
const ecrSuffixes = [
  'amazonaws.com',
  'amazonaws.com.cn',
  'amazonaws.eu',
  'on.aws',
  'on.amazonwebservices.com.cn',
  'sc2s.sgov.gov',
  'c2s.ic.gov',
  'cloud.adc-e.uk',
  'csp.hci.ic.gov',
];

const azureSuffixes = [
  ['azurecr.io', 'public'],
  ['azurecr.cn', 'china'],
  ['azurecr.us', 'government'],
  ['azurecr.de', 'germany'],
] as const;

/**
 * Which cloud a registry belongs to; null for any other. A suffix counts on a dot boundary only: `evil-azurecr.io` and
 * `azurecr.io.example.com` are nobody's, and a host with a port is not a cloud's.
 */
export function findCloudHost(registry: string): CloudHost | null {
  const host = registry.toLowerCase();
  return findEcr(host) ?? findAcr(host) ?? findGoogle(host);
}

function findEcr(host: string): CloudHost | null {
  if (host === 'public.ecr.aws' || host === 'ecr-public.aws.com') return { provider: 'aws', kind: 'public' };
  const [, fips, region = '', suffix = ''] = /^[0-9]{12}\.dkr[.-]ecr(-fips)?\.([a-z0-9-]{1,63})\.([a-z0-9.-]+)$/.exec(host) ?? [];
  if (!ecrSuffixes.includes(suffix)) return null;
  return { provider: 'aws', kind: 'private', region, fips: fips !== undefined };
}

function findAcr(host: string): CloudHost | null {
  const [, cloud] = azureSuffixes.find(([suffix]) => isBelow(host, suffix)) ?? [];
  return cloud === undefined ? null : { provider: 'azure', cloud };
}

function findGoogle(host: string): CloudHost | null {
  const isRegistry = host === 'gcr.io' || isBelow(host, 'gcr.io') || /^[a-z0-9-]+-docker\.pkg\.dev$/.test(host);
  return isRegistry ? { provider: 'gcp' } : null;
}

/** A name of labels below the suffix. */
function isBelow(host: string, suffix: string): boolean {
  return host.endsWith(`.${suffix}`) && /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(host);
}
