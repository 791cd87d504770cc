export type { AuditedRequest } from './audit-log.ts';
export { type CosignSigner, createCosignSigner, type SigningWay, signer, signingWays } from './cosign-signer.ts';
export { type DockerRegistry, type DockerRegistryOptions, type PushOptions, startDockerRegistry } from './docker-registry.ts';
export {
  type FluxController,
  type FluxControllers,
  type FluxControllersOptions,
  fluxController,
  fluxDefinitions,
  installFluxDefinitions,
  startFluxControllers,
} from './flux-controllers.ts';
export { findFreePort } from './free-port.ts';
export { type GitHttp, type GitHttpOptions, startGitHttp } from './git-http.ts';
export { type KubeApiServer, type KubeApiServerOptions, startKubeApiServer } from './kube-api-server.ts';
export type { KubeUser } from './kube-users.ts';
export { findPart, kustomizeCommand, missingPart, type PartName, partNames, requirePart } from './parts.ts';
export { type S3Server, startS3Server } from './s3-server.ts';
export { type NodelessCluster, type NodeOptions, simulateNodes } from './simulate-nodes.ts';
export { type SshGit, type SshGitOptions, startSshGit } from './ssh-git.ts';
export { waitUntil } from './wait-until.ts';
