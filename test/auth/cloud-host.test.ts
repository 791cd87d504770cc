import { expect, test } from 'vitest';
import { findCloudHost } from '../../src/auth/index.ts';

test.for([
  {
    host: '123456789012.dkr.ecr.eu-central-1.amazonaws.com',
    cloud: { provider: 'aws', kind: 'private', region: 'eu-central-1', fips: false },
  },
  {
    host: '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn',
    cloud: { provider: 'aws', kind: 'private', region: 'cn-north-1', fips: false },
  },
  {
    host: '123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com',
    cloud: { provider: 'aws', kind: 'private', region: 'us-gov-west-1', fips: true },
  },
  {
    host: '123456789012.dkr-ecr.us-east-1.on.aws',
    cloud: { provider: 'aws', kind: 'private', region: 'us-east-1', fips: false },
  },
  {
    host: '123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov',
    cloud: { provider: 'aws', kind: 'private', region: 'us-iso-east-1', fips: false },
  },
  { host: 'public.ecr.aws', cloud: { provider: 'aws', kind: 'public' } },
  { host: 'acme.azurecr.io', cloud: { provider: 'azure', cloud: 'public' } },
  { host: 'ACME.azurecr.cn', cloud: { provider: 'azure', cloud: 'china' } },
  { host: 'acme.westeurope.data.azurecr.us', cloud: { provider: 'azure', cloud: 'government' } },
  { host: 'gcr.io', cloud: { provider: 'gcp' } },
  { host: 'eu.gcr.io', cloud: { provider: 'gcp' } },
  { host: 'europe-west3-docker.pkg.dev', cloud: { provider: 'gcp' } },
])('$host belongs to its cloud', ({ host, cloud }) => {
  expect(findCloudHost(host)).toEqual(cloud);
});

test.for([
  'evil-azurecr.io',
  'azurecr.io',
  'acme.azurecr.io.example.com',
  'acme.azurecr.io:8443',
  'notgcr.io',
  'gcr.io.example.com',
  'x.docker.pkg.dev',
  'a.b-docker.pkg.dev',
  'evil.europe-docker.pkg.dev.example.com',
  '123456789012.dkr.ecr.eu-central-1.amazonaws.com.example.com',
  '123456789012.dkr.ecr.eu-central-1.evilamazonaws.com',
  'x123456789012.dkr.ecr.eu-central-1.amazonaws.com',
  '123456789012.dkr.ecr.amazonaws.com',
  'evil.public.ecr.aws',
  'index.docker.io',
  '',
])('%s belongs to none', (host) => {
  expect(findCloudHost(host)).toBeNull();
});
