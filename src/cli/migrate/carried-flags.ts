/** A controller of Flux with the arguments that it runs with. */
export interface FluxArguments {
  readonly name: string;
  readonly args: readonly string[];
}

export interface CarriedFlags {
  /** What tagalong has to be given so that it serves no more than Flux did, and no less. */
  readonly flags: readonly string[];
  /** `<controller> --flag`: what changes what Flux does and has no counterpart here. */
  readonly unknown: readonly string[];
  /** Flags whose values differ between the controllers, where tagalong takes one for all of them. */
  readonly contradictions: readonly string[];
}

/** The flags of Flux's controllers that hold tenants apart, tell shards apart or say with whose keys things are decrypted, as tagalong takes them. */
export function carryFlags(controllers: readonly FluxArguments[], namespace: string): CarriedFlags {
  const given = controllers.flatMap(({ name, args }) => args.map((arg) => ({ name, ...parseFlag(arg) })));
  const carried = given.flatMap(({ name, flag, value }) => translate(name, flag, value, namespace));
  const flags = [...new Set(carried)].toSorted();
  return {
    flags,
    unknown: [...new Set(given.filter(hasNoCounterpart).map(({ name, flag }) => `${name} --${flag}`))],
    contradictions: contradictionsOf(controllers, flags),
  };
}

function parseFlag(arg: string): { flag: string; value: string } {
  const [, flag = '', value = 'true'] = /^--?([^=]+)(?:=([\s\S]*))?$/.exec(arg) ?? [];
  return { flag, value };
}

/** The same name and meaning in both. Identities of `--default-service-account` are those of applies; other controllers mean the login at a cloud. */
const sameOfKustomize: ReadonlySet<string> = new Set([
  'default-service-account',
  'default-decryption-service-account',
  'sops-age-secret',
]);

function translate(name: string, flag: string, value: string, namespace: string): string[] {
  if (flag === 'no-cross-namespace-refs') return isYes(value) ? ['--no-cross-namespace-refs'] : [];
  if (flag === 'watch-all-namespaces') return isYes(value) ? [] : [`--watch-namespace=${namespace}`];
  if (flag === 'watch-label-selector') return [`--watch-label-selector=${value}`];
  if (sameOfKustomize.has(flag) && name === 'kustomize-controller') return [`--${flag}=${value}`];
  return [];
}

/** As Go reads a boolean flag. */
function isYes(value: string): boolean {
  return ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(value);
}

/** Those that decide how Flux itself runs, and those that are always on here. */
const ofNoConsequence =
  /^(events-addr|log-level|log-encoding|enable-leader-election|leader-election-.*|storage-.*|artifact-.*|concurrent|concurrent-.*|requeue-dependency|interval-jitter-percentage|kube-api-.*|metrics-addr|health-addr|http-retry|min-retry-delay|max-retry-delay|graceful-shutdown-timeout|no-remote-bases|token-cache-.*|helm-.*)$/;
const ofScope: ReadonlySet<string> = new Set(['no-cross-namespace-refs', 'watch-all-namespaces', 'watch-label-selector']);

function hasNoCounterpart({ name, flag }: { readonly name: string; readonly flag: string }): boolean {
  if (flag === '' || ofNoConsequence.test(flag) || ofScope.has(flag)) return false;
  return name !== 'kustomize-controller' || !sameOfKustomize.has(flag);
}

/** One process has one scope: controllers with another scope each cannot become one. */
function contradictionsOf(controllers: readonly FluxArguments[], flags: readonly string[]): string[] {
  return ['--watch-label-selector', '--watch-namespace'].flatMap((flag) => {
    const values = flags.filter((one) => one.startsWith(`${flag}=`));
    if (values.length === 0) return [];
    const fluxFlag = flag === '--watch-namespace' ? 'watch-all-namespaces' : 'watch-label-selector';
    const without = controllers.filter(({ args }) => !args.some((arg) => parseFlag(arg).flag === fluxFlag));
    const isUneven = values.length > 1 || (without.length > 0 && without.length < controllers.length);
    return isUneven
      ? [`${values.join(', ')}${without.length > 0 ? `; not ${without.map(({ name }) => name).join(', ')}` : ''}`]
      : [];
  });
}
