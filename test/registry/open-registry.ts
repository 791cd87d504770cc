import { createRegistry, parseImageName, type RegistryOptions } from '../../src/registry/index.ts';
import { type SandboxRegistry, type SandboxRegistryOptions, startSandboxRegistry } from '../../src/sandbox/index.ts';

/** A sandbox registry with `acme/web` and a client that does not wait long between tries; both end with the test. */
export async function openRegistry(
  tags: readonly string[],
  options: SandboxRegistryOptions = {},
  clientOptions: RegistryOptions = {},
) {
  const server = await startSandboxRegistry(options);
  for (const tag of tags) await server.pushTag('acme/web', tag);
  const client = createRegistry({ retryDelayMs: 1, ...clientOptions });
  const image = parseImageName(`${server.host}/acme/web`);
  return {
    server,
    client,
    image,
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** `METHOD path` of every request that contains `part`. */
export function askedFor(server: SandboxRegistry, part: string): string[] {
  return server.requests.map(({ method, path }) => `${method} ${path}`).filter((line) => line.includes(part));
}
