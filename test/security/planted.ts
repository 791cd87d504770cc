import type { KubeObject } from '../../src/core/index.ts';

export const tenantNamespace = 'tenant-a';
/** Has Secrets of the same names, for which nobody there has asked. */
export const hiddenNamespace = 'tenant-b';

/** Secrets of every kind that is read, good ones and broken ones; each value carries the canary. */
export function plantedSecrets(canary: string, host: string): KubeObject[] {
  const docker = (auth: string) => JSON.stringify({ auths: { [host]: { auth } } });
  const texts: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    basic: { username: 'tenant', password: canary, token: canary },
    bearer: { bearerToken: canary },
    ssh: {
      identity: `-----BEGIN OPENSSH PRIVATE KEY-----\n${canary}\n-----END OPENSSH PRIVATE KEY-----\n`,
      'identity.pub': 'x',
      known_hosts: `127.0.0.1 ssh-ed25519 AAAA`,
    },
    'github-app': { githubAppID: '1', githubAppInstallationID: '2', githubAppPrivateKey: canary },
    tls: { 'ca.crt': canary, 'tls.crt': canary, 'tls.key': canary },
    proxy: { address: `http://${host}`, username: 'u', password: canary },
    docker: { '.dockerconfigjson': docker(Buffer.from(`tenant:${canary}`).toString('base64')) },
    'docker-broken': { '.dockerconfigjson': `{"auths": ${canary}` },
    keys: { 'a.pub': canary, 'b.asc': canary, 'c.sshpub': canary },
    bucket: {
      accesskey: 'AKIA',
      secretkey: canary,
      serviceaccount: `{"private_key": ${canary}`,
      accountKey: canary,
      sasKey: canary,
    },
    'bucket-gcp': { serviceaccount: `{"private_key": ${canary}` },
    kubeconfig: { value: `users:\n - token: ${canary}: x\n` },
    sops: {
      'age.agekey': `AGE-SECRET-KEY-${canary}`,
      'a.asc': canary,
      'sops.vault-token': canary,
      'sops.aws-kms': `a: ${canary}: b`,
      'sops.gcp-kms': `{${canary}`,
    },
    variables: { VALUE: `"${canary}\n  bad: [` },
    token: { token: canary },
    signing: {
      'git.asc': `-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n${canary}\n-----END PGP PRIVATE KEY BLOCK-----\n`,
      passphrase: canary,
    },
    gate: { token: canary, key: canary, secret: canary },
    roots: { 'trusted_root.json': `{"mediaType": ${canary}` },
  };
  return [tenantNamespace, hiddenNamespace].flatMap((namespace) =>
    Object.entries(texts).map(([name, values]) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      type: name.startsWith('docker') ? 'kubernetes.io/dockerconfigjson' : 'Opaque',
      metadata: { name, namespace },
      data: Object.fromEntries(Object.entries(values).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
    })),
  );
}

/** What the repository holds: plain manifests, and one with a variable. */
export function plantedFiles(): Record<string, string> {
  const configMap = (value: string) =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: some, namespace: ${tenantNamespace}}\ndata:\n  value: ${value}\n`;
  return { 'apps/some.yaml': configMap('a'), 'variables/some.yaml': configMap(['$', '{VALUE}'].join('')) };
}

/** Objects of every kind that read Secrets, against a server at `host` that refuses everything. */
export function plantedObjects(host: string, fleet: string): KubeObject[] {
  const named =
    (apiVersion: string, kind: string) =>
    (name: string, spec: object, annotations: Record<string, string> = {}): KubeObject => ({
      apiVersion,
      kind,
      metadata: { name, namespace: tenantNamespace, annotations },
      spec,
    });
  const hourly = { interval: '1h', timeout: '5s' };
  const git = named('source.toolkit.fluxcd.io/v1', 'GitRepository');
  const oci = named('source.toolkit.fluxcd.io/v1', 'OCIRepository');
  const bucket = named('source.toolkit.fluxcd.io/v1', 'Bucket');
  const image = named('image.toolkit.fluxcd.io/v1', 'ImageRepository');
  const kustomization = named('kustomize.toolkit.fluxcd.io/v1', 'Kustomization');
  const receiver = named('notification.toolkit.fluxcd.io/v1', 'Receiver');
  const automation = named('image.toolkit.fluxcd.io/v1', 'ImageUpdateAutomation');
  const ref = { branch: 'main' };
  const of = (name: string) => ({ secretRef: { name } });
  const http = { ...hourly, url: `http://${host}/repo.git`, ref };
  const images = { ...hourly, image: `${host}/web`, insecure: true };
  const artifact = { ...hourly, url: `oci://${host}/web`, insecure: true, ref: { tag: 'a' } };
  const objects = { ...hourly, endpoint: host, bucketName: 'b', insecure: true };
  const onFleet = {
    interval: '1h',
    retryInterval: '1h',
    timeout: '10s',
    prune: true,
    path: './apps',
    sourceRef: { kind: 'GitRepository', name: 'fleet' },
  };
  const writing = {
    interval: '1h',
    sourceRef: { kind: 'GitRepository', name: 'fleet' },
    update: { strategy: 'Setters', path: './apps' },
  };
  const author = { author: { name: 'Bot', email: 'bot@example.com' } };
  return [
    git('fleet', { ...hourly, url: fleet, ref }),
    git('basic', { ...http, ...of('basic') }),
    git('bearer', { ...http, ...of('bearer') }),
    git('github', { ...http, url: 'https://github.com/a/b', provider: 'github', ...of('github-app') }),
    git('ssh', { ...http, url: `ssh://git@127.0.0.1:9/repo`, ...of('ssh') }),
    git('proxied', { ...http, ...of('basic'), proxySecretRef: { name: 'proxy' } }),
    git('proxied-ssh', { ...http, url: 'ssh://git@127.0.0.1:9/repo', ...of('ssh'), proxySecretRef: { name: 'proxy' } }),
    git('tls', { ...http, url: `https://${host}/repo.git`, ...of('tls') }),
    git('verified', { ...hourly, url: fleet, ref, verify: { mode: 'HEAD', ...of('keys') } }),
    image('login', { ...images, ...of('docker') }),
    image('broken-login', { ...images, ...of('docker-broken') }),
    image('tls', { ...images, insecure: false, certSecretRef: { name: 'tls' } }),
    image('proxied', { ...images, ...of('docker'), proxySecretRef: { name: 'proxy' } }),
    oci('login', { ...artifact, ...of('docker') }),
    oci('tls', { ...artifact, insecure: false, certSecretRef: { name: 'tls' } }),
    oci('proxied', { ...artifact, ...of('docker'), proxySecretRef: { name: 'proxy' } }),
    bucket('login', { ...objects, ...of('bucket') }),
    bucket('gcp', { ...objects, provider: 'gcp', ...of('bucket-gcp') }),
    bucket('azure', { ...objects, endpoint: `http://${host}`, provider: 'azure', ...of('bucket') }),
    bucket('tls', { ...objects, insecure: false, ...of('bucket'), certSecretRef: { name: 'tls' } }),
    bucket('proxied', { ...objects, ...of('bucket'), proxySecretRef: { name: 'proxy' } }),
    bucket('sts', { ...objects, sts: { provider: 'ldap', endpoint: `http://${host}`, ...of('basic') } }),
    kustomization('remote', { ...onFleet, kubeConfig: of('kubeconfig') }),
    kustomization('encrypted', { ...onFleet, decryption: { provider: 'sops', ...of('sops') } }),
    kustomization('plain', { ...onFleet }),
    kustomization('variables', {
      ...onFleet,
      path: './variables',
      postBuild: { substituteFrom: [{ kind: 'Secret', name: 'variables' }] },
    }),
    receiver('hook', {
      type: 'github',
      resources: [{ apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', name: 'fleet' }],
      ...of('token'),
    }),
    automation('signed', { ...writing, git: { commit: { ...author, signingKey: of('signing') } } }),
  ];
}
