import type { Forge, ForgeAccess, Forges } from '../core/index.ts';
import { ForgeTransport, type TransportOptions } from './transport.ts';

/** The forges' APIs; their clients are loaded when a resource first asks for one. */
export function createForges(options: TransportOptions): Forges {
  const transport = new ForgeTransport(options);
  return {
    forge: (access) => connect(access, transport),
    close: () => transport.close(),
  };
}

async function connect(access: ForgeAccess, transport: ForgeTransport): Promise<Forge> {
  const request = transport.fetchFor(access);
  switch (access.kind) {
    case 'github':
      return (await import('./github.ts')).createGitHub(access, request);
    case 'gitlab':
      return (await import('./gitlab.ts')).createGitLab(access, request);
    case 'gitea':
      return (await import('./gitea.ts')).createGitea(access, request);
    default:
      return access.kind satisfies never;
  }
}
