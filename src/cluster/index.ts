export { type ClusterOptions, createCluster } from './create-cluster.ts';
export type { OnRequest } from './dispatch.ts';
export { ClusterError, type ClusterErrorCode, type StatusCause } from './error.ts';
export { followPodLog, type PodLogOptions } from './follow-pod-log.ts';
export { loadInCluster, podEnvironment } from './in-cluster.ts';
export { type Connection, connectionTo, type KubeconfigSource, loadKubeconfig } from './kubeconfig.ts';
export { readServerVersion } from './read-server-version.ts';
export { routeByGroup } from './route-by-group.ts';
export type { WatchTimes } from './watch-times.ts';
