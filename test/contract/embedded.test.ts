import { startControlPlane } from '../../src/control-plane/index.ts';
import { silentLog, systemClock } from '../../src/core/index.ts';
import { kubernetesContract } from './kubernetes-contract.ts';

kubernetesContract('the embedded control plane', () => startControlPlane({ clock: systemClock, log: silentLog }));
