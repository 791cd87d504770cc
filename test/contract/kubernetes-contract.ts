import { afterAll, beforeAll, describe } from 'vitest';
import { applyFacts } from './apply-facts.ts';
import { builtInFacts } from './built-in-facts.ts';
import { customKindFacts } from './custom-kind-facts.ts';
import { discoveryFacts } from './discovery-facts.ts';
import { KubernetesClient, type KubernetesEndpoint } from './kubernetes-client.ts';
import { listFacts } from './list-facts.ts';
import { objectFacts } from './object-facts.ts';
import { patchFacts } from './patch-facts.ts';
import { watchFacts } from './watch-facts.ts';
import { widgetDefinition } from './widget-definition.ts';

/** What the tests of the contract share: a client, and a namespace that is theirs. */
export interface Contract {
  readonly client: KubernetesClient;
  readonly namespace: string;
  /** A name that no other test uses. */
  newName(): string;
}

/**
 * What the product relies on in a Kubernetes API, as small facts. It runs on the embedded control plane always, and on a real
 * kube-apiserver where there is one, whose answers are the truth.
 */
export function kubernetesContract(name: string, start: () => Promise<KubernetesEndpoint & AsyncDisposable>): void {
  describe(`${name} keeps the contract`, () => {
    let server: (KubernetesEndpoint & AsyncDisposable) | undefined;
    let client: KubernetesClient | undefined;
    let count = 0;
    const contract: Contract = {
      get client() {
        if (client === undefined) throw new Error('the server has not started');
        return client;
      },
      namespace: 'contract',
      newName: () => {
        count += 1;
        return `item-${count}`;
      },
    };

    beforeAll(async () => {
      server = await start();
      client = new KubernetesClient(server);
      await client.post('/api/v1/namespaces', { metadata: { name: contract.namespace } });
      await client.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', widgetDefinition);
      await untilServed(client, '/apis/contract.example/v1/widgets');
    });
    afterAll(async () => {
      await client?.close();
      await server?.[Symbol.asyncDispose]();
    });

    describe('discovery', () => discoveryFacts(contract));
    describe('objects', () => objectFacts(contract));
    describe('lists', () => listFacts(contract));
    describe('watches', () => watchFacts(contract));
    describe('patches', () => patchFacts(contract));
    describe('server-side apply', () => applyFacts(contract));
    describe('custom kinds', () => customKindFacts(contract));
    describe('built-in kinds', () => builtInFacts(contract));
  });
}

/** A real server needs a moment to serve a new kind, and a list of it may work before an apply does. */
export async function untilServed(client: KubernetesClient, path: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const [list, openApi] = [
      await client.get(path),
      await client.get(path.replace('/apis/', '/openapi/v3/apis/').replace(/\/[^/]+$/, '')),
    ];
    if (list.code === 200 && openApi.code === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${path} is not served`);
}
