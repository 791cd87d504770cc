import { startSandboxRegistry } from '../src/sandbox/index.ts';
import { missingPart, startDockerRegistry } from '../test/real/index.ts';
import type { ApiChoice } from './bench-api.ts';
import { type Counts, countBy } from './counts.ts';

export interface BenchRegistry extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly host: string;
  pushTag(repository: string, tag: string): Promise<unknown>;
  /** The same tags under so many names, `<repository>0` and on. */
  pushTags(repository: string, tags: readonly string[], names: number): Promise<readonly string[]>;
  /** Every request so far but pushes, by method. */
  requests(): Counts;
}

/** A real registry beside a real API; else the sandbox's. */
export async function startBenchRegistry(choice: ApiChoice): Promise<BenchRegistry> {
  const isReal = choice === 'real' && missingPart('docker-registry') === null;
  const registry = isReal ? await startDockerRegistry() : await startSandboxRegistry();
  const copy = async (from: string, to: string, tags: readonly string[]) => {
    if ('linkRepository' in registry) return registry.linkRepository(from, to);
    for (const tag of tags) await registry.pushTag(to, tag);
  };
  const all = () => (typeof registry.requests === 'function' ? registry.requests() : registry.requests);
  const isReading = ({ method, path }: { method: string; path: string }) =>
    (method === 'GET' || method === 'HEAD') && !path.includes('/blobs/');
  return {
    host: registry.host,
    pushTag: (repository, tag) => registry.pushTag(repository, tag),
    async pushTags(repository, tags, names) {
      const [first = repository, ...others] = Array.from({ length: names }, (_, index) => `${repository}${index}`);
      for (const tag of tags) await registry.pushTag(first, tag);
      for (const name of others) await copy(first, name, tags);
      return [first, ...others];
    },
    requests: () =>
      countBy(
        all()
          .filter(isReading)
          .map(({ method }) => method),
      ),
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
}
