import { customResourceDefinitions } from '../src/api/index.ts';
import { startControlPlane } from '../src/control-plane/index.ts';
import { silentLog, systemClock } from '../src/core/index.ts';
import { type KubeApiServer, missingPart, startKubeApiServer } from '../test/real/index.ts';
import { type Counts, countBy } from './counts.ts';

export type ApiChoice = 'real' | 'embedded';

export interface BenchApi extends AsyncDisposable {
  readonly kubeconfigYaml: string;
  /** Absent where it is embedded. */
  readonly real?: KubeApiServer;
  /** What the processes under test asked so far, by verb. */
  requests(): Promise<Counts>;
}

/** True where a real kube-apiserver is at hand. */
export function hasRealApi(): boolean {
  return missingPart('kube-apiserver') === null && missingPart('etcd') === null;
}

export async function startBenchApi(choice: ApiChoice): Promise<BenchApi> {
  if (choice === 'embedded') return startEmbedded();
  const real = await startKubeApiServer();
  return {
    real,
    kubeconfigYaml: real.kubeconfigYaml,
    async requests() {
      const tested = (await real.auditedRequests()).filter(({ userAgent }) => isTested(userAgent));
      return countBy(tested.map(({ verb, uri }) => describeVerb(verb, uri)));
    },
    [Symbol.asyncDispose]: () => real[Symbol.asyncDispose](),
  };
}

async function startEmbedded(): Promise<BenchApi> {
  const definitions = customResourceDefinitions();
  const controlPlane = await startControlPlane({ clock: systemClock, log: silentLog, customResourceDefinitions: definitions });
  return {
    kubeconfigYaml: controlPlane.kubeconfigYaml,
    async requests() {
      const tested = [...controlPlane.requests].filter(({ userAgent }) => isTested(userAgent ?? ''));
      return countBy(tested.map(({ verb, path }) => describeVerb(verb, path)));
    },
    [Symbol.asyncDispose]: () => controlPlane.stop(),
  };
}

/** Flux's controllers name themselves by their programs. */
function isTested(userAgent: string): boolean {
  return (
    userAgent === 'tagalong' || /^(source|kustomize|image-reflector|image-automation|notification)-controller\//.test(userAgent)
  );
}

function describeVerb(verb: string, uri: string): string {
  if (/\/events(\/|\?|$)/.test(uri)) return 'events';
  if (uri.includes('/status?') || uri.endsWith('/status')) return 'status';
  if (verb.toLowerCase() !== 'patch' && verb !== 'apply') return verb.toLowerCase();
  if (uri.includes('dryRun=All')) return 'dry run';
  return uri.includes('force=') || verb === 'apply' ? 'apply' : 'patch';
}
