import { startControlPlane } from '../../src/control-plane/index.ts';
import { silentLog, systemClock } from '../../src/core/index.ts';
import { describeClusterBehaviour } from './behaviour.ts';

describeClusterBehaviour('on the embedded control plane', () => startControlPlane({ clock: systemClock, log: silentLog }));
