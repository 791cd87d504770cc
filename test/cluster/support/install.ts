import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type KubeApiServer, requirePart, waitUntil } from '../../real/index.ts';

const execute = promisify(execFile);
const deploy = fileURLToPath(new URL('../../../deploy/', import.meta.url));

/** The folders of `deploy/` that are installed, and which accounts each makes to run which parts. */
export const ways = {
  standalone: [{ account: 'tagalong', controllers: ['image', 'source', 'kustomize'] }],
  split: [
    { account: 'tagalong-image', controllers: ['image'] },
    { account: 'tagalong-delivery', controllers: ['source', 'kustomize'] },
  ],
  'beside-flux': [{ account: 'tagalong', controllers: ['image'] }],
} as const;

export type Way = keyof typeof ways;

/** Runs kubectl as the administrator. */
export async function kubectl(api: KubeApiServer, ...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  return execute(requirePart('kubectl'), ['--kubeconfig', api.kubeconfigPath, ...args], { maxBuffer: 32 << 20 });
}

export function applyFolder(api: KubeApiServer, folder: string, ...flags: readonly string[]) {
  return kubectl(api, 'apply', '-k', join(deploy, folder), ...flags);
}

/** `kubectl apply -k deploy/crds`, until all of it is served. */
export async function installDefinitions(api: KubeApiServer): Promise<void> {
  await applyFolder(api, 'crds');
  await kubectl(api, 'wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all');
}

/** A token of one of the accounts that were installed, as a pod of it would have; once RBAC knows of the account's roles. */
export async function tokenOf(api: KubeApiServer, account: string): Promise<string> {
  const { stdout } = await kubectl(api, 'create', 'token', account, '--namespace', 'flux-system', '--duration=1h');
  await waitUntil(`the rights of ${account}`, async () => {
    const user = `system:serviceaccount:flux-system:${account}`;
    const { stdout: answer } = await kubectl(api, 'auth', 'can-i', 'create', 'events', '--as', user).catch(() => ({
      stdout: '',
    }));
    return answer.trim() === 'yes';
  });
  return stdout.trim();
}
