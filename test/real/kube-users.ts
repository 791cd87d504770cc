/** Somebody whom the API server knows by a token. */
export interface KubeUser {
  readonly name: string;
  readonly token: string;
  readonly groups?: readonly string[];
}

/** The lines of kube-apiserver's --token-auth-file: token, user, uid, "groups". */
export function renderTokenFile(users: readonly KubeUser[]): string {
  return users.map(({ name, token, groups = [] }) => `${token},${name},${name},"${groups.join(',')}"\n`).join('');
}

export interface KubeconfigContent {
  readonly url: string;
  readonly caData: string;
  readonly token: string;
}

/** A kubeconfig (JSON, which is YAML too) with one cluster, one user and the context `test`. */
export function renderKubeconfig({ url, caData, token }: KubeconfigContent): string {
  const cluster = { server: url, 'certificate-authority-data': Buffer.from(caData).toString('base64') };
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  };
  return `${JSON.stringify(kubeconfig, null, 2)}\n`;
}
