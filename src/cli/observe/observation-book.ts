import type { Difference } from '../../core/index.ts';
import type { Engine, Observation } from '../../engine/index.ts';

/** What is known of one object. */
export interface ObservedObject {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Why nothing was planned for it; absent where something was. */
  readonly aside?: string;
  /** What would be done, in a sentence. */
  readonly plan?: string;
  readonly differences: readonly Difference[];
}

/** The latest observation of each object. */
export class ObservationBook {
  readonly #objects = new Map<string, ObservedObject>();

  readonly take = ({ resource, aside, intent, differences }: Observation): void => {
    const { namespace = '', name } = resource.metadata;
    const said = aside === null ? { plan: intent } : { aside };
    const { kind } = resource;
    this.#objects.set(`${kind}/${namespace}/${name}`, { kind, namespace, name, ...said, differences });
  };

  /** Those that are still there, by kind, namespace and name; `waiting` counts those that nobody looked at yet. */
  objects(engine: Engine): { readonly seen: readonly ObservedObject[]; readonly waiting: number } {
    const keys = engine.objects().map(({ kind, metadata }) => `${kind}/${metadata.namespace ?? ''}/${metadata.name}`);
    const seen = keys.toSorted().flatMap((key) => this.#objects.get(key) ?? []);
    return { seen, waiting: keys.length - seen.length };
  }
}
