import { startSandboxRegistry } from '../../src/sandbox/index.ts';
import { certificates } from './certificates.ts';
import { registryContract } from './registry-contract.ts';

registryContract('the sandbox registry with passwords', async ({ auth, tls } = {}) => {
  const registry = await startSandboxRegistry({
    ...(auth && { auth: { kind: 'basic', ...auth } }),
    ...(tls && { tls: certificates.server }),
  });
  return { ...registry, caPem: certificates.ca };
});

registryContract('the sandbox registry with tokens and small pages', async ({ auth, tls } = {}) => {
  const login = auth && ({ kind: 'bearer', ...auth } as const);
  const registry = await startSandboxRegistry({
    pageSize: 1,
    ...(login && { auth: login }),
    ...(tls && { tls: certificates.server }),
  });
  return { ...registry, caPem: certificates.ca };
});
