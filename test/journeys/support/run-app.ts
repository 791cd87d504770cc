// The bot as a process of its own, so that a test can kill it: `node run-app.ts <kubeconfig file> <state folder>`.
import { createApp } from '../../../src/app/index.ts';
import { createCluster } from '../../../src/cluster/index.ts';
import { silentLog, systemClock } from '../../../src/core/index.ts';

const [kubeconfig = '', stateFolder = ''] = process.argv.slice(2);
const parts = { clock: systemClock, log: silentLog };
const home = await createCluster({ kubeconfig: { path: kubeconfig }, userAgent: 'tagalong', ...parts });
const app = await createApp({ home, target: home, stateFolder, ...parts });
const stopping = new Promise<void>((resolve) => void process.once('SIGTERM', () => resolve()));
await app.start();
process.stdout.write('started\n');
// Nothing else would keep the process alive: timers and idle connections do not.
const alive = setInterval(() => {}, 1 << 30);
await stopping;
await app.stop();
await home.close();
clearInterval(alive);
