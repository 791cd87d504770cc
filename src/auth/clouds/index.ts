export type { AzureCredential } from './azure-login.ts';
export type { CloudAccount, CloudEndpoints } from './cloud-account.ts';
export { type CloudHost, findCloudHost } from './cloud-host.ts';
export { type AwsCredentials, type CloudIdentity, createCloudIdentity } from './cloud-identity.ts';
export { type ClusterLoginRequest, issueClusterToken } from './cluster-login.ts';
export {
  type CloudLoginRequest,
  type CloudLogins,
  type CloudLoginsOptions,
  type CloudProvider,
  createCloudLogins,
} from './create-cloud-logins.ts';
export { type ClusterSearch, findManagedCluster, type ManagedCluster } from './find-cluster.ts';
export { loadSdk } from './load-sdk.ts';
