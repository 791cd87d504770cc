import { describeWithParts } from '../real/describe-with-parts.ts';
import { startDockerRegistry } from '../real/index.ts';
import { registryContract } from '../registry/registry-contract.ts';

describeWithParts(['docker-registry'], 'a real registry', () => {
  registryContract('docker-registry', startDockerRegistry);
});
