import type { Kustomization } from '../api/index.ts';
import { BuildError, type Substitution } from '../build/index.ts';
import { type Cluster, errorMessage, type KubeObject, nameOf, TagalongError } from '../core/index.ts';

type Reference = NonNullable<NonNullable<Kustomization['spec']['postBuild']>['substituteFrom']>[number];

/**
 * The variables of `spec.postBuild`, read from the cluster where the Kustomization lives: later references win over earlier ones, and
 * what stands in the spec over both. Newlines are taken out of values. Null where nothing is to be substituted.
 */
export async function readVariables(
  kustomization: Kustomization,
  { home, signal }: { readonly home: Pick<Cluster, 'get'>; readonly signal: AbortSignal },
): Promise<Substitution | null> {
  const { substitute = {}, substituteFrom = [], substituteStrategy } = kustomization.spec.postBuild ?? {};
  const variables = new Map<string, Buffer>();
  const secrets: string[] = [];
  for (const reference of substituteFrom) {
    const values = await readReference(kustomization, reference, { home, signal });
    for (const [name, value] of values) variables.set(name, withoutNewlines(value));
    if (reference.kind === 'Secret') secrets.push(...values.map(([name]) => variables.get(name)?.toString('utf8') ?? ''));
  }
  for (const [name, value] of Object.entries(substitute)) variables.set(name, withoutNewlines(Buffer.from(value)));
  return variables.size === 0 && substituteStrategy !== 'Always' ? null : { variables, secrets };
}

async function readReference(
  kustomization: Kustomization,
  { kind, name, optional }: Reference,
  { home, signal }: { readonly home: Pick<Cluster, 'get'>; readonly signal: AbortSignal },
): Promise<[name: string, value: Buffer][]> {
  const { namespace } = nameOf(kustomization);
  const found = await home.get({ group: '', version: 'v1', kind, namespace, name }, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    throw failed({ kind, name }, errorMessage(error), error);
  });
  if (found !== null) return valuesOf(found);
  if (optional) return [];
  throw failed(
    { kind, name },
    `${kind.toLowerCase()}s "${name}" not found in namespace ${namespace}; create it, or set optional: true`,
  );
}

function failed({ kind, name }: { kind: string; name: string }, what: string, cause?: unknown): BuildError {
  const message = `post build failed: substitute from '${kind}/${name}' error: ${what}`;
  const retry = cause instanceof TagalongError ? { retry: cause.retry } : {};
  return new BuildError('SUBSTITUTION_FAILED', message, { ...retry, ...(cause === undefined ? {} : { cause }) });
}

/** The data of a ConfigMap as they are, those of a Secret decoded; binaryData are no variables. */
function valuesOf({ kind, data }: KubeObject): [name: string, value: Buffer][] {
  const entries = Object.entries((data ?? {}) as Record<string, unknown>);
  return entries.map(([name, value]) => [name, Buffer.from(String(value ?? ''), kind === 'Secret' ? 'base64' : 'utf8')]);
}

function withoutNewlines(value: Buffer): Buffer {
  return value.includes('\n') ? Buffer.from(value.toString('latin1').replaceAll('\n', ''), 'latin1') : value;
}
