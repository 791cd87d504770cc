import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from '../../src/control-plane/index.ts';
import { silentLog, systemClock } from '../../src/core/index.ts';
import { KubernetesClient, type Reply } from '../contract/kubernetes-client.ts';

export interface TestPlane extends AsyncDisposable {
  readonly plane: ControlPlane;
  readonly client: KubernetesClient;
}

/** A control plane with a client; in memory, unless options say otherwise. */
export async function startForTest(options: Partial<ControlPlaneOptions> = {}): Promise<TestPlane> {
  const plane = await startControlPlane({ clock: systemClock, log: silentLog, ...options });
  const client = new KubernetesClient(plane);
  return {
    plane,
    client,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await plane.stop();
    },
  };
}

/** Asks until the answer is right, or gives up and returns the last one. */
export async function askUntil(ask: () => Promise<Reply>, isRight: (reply: Reply) => boolean): Promise<Reply> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    const reply = await ask();
    if (isRight(reply)) return reply;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return ask();
}

/** A Deployment whose pods run `image`. */
export function deploymentOf(name: string, image: string, spec: object = {}): object {
  const labels = { app: name };
  return {
    metadata: { name },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image }] } },
      ...spec,
    },
  };
}
