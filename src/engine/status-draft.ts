import { type Condition, removeCondition, setCondition } from '../api/index.ts';
import { type Clock, type Cluster, formatTime, type KubeObject, type Report, refOf, TagalongError } from '../core/index.ts';
import { applyMergePatch, diffMergePatch } from './merge-patch.ts';

type Status = Record<string, unknown>;
type NewCondition = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

const writesAtMost = 4;

/**
 * The status of one resource while it is reconciled: changed in memory, written as the smallest merge patch on the status
 * subresource, and not at all when nothing changed.
 */
export class StatusDraft {
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  readonly #fieldManager: string;
  /** Of the spec that this run works on: a write may return an object whose spec is newer already. */
  readonly #generation: number;
  #resource: KubeObject;
  #written: Status;
  #draft: Status;

  constructor(resource: KubeObject, options: { cluster: Cluster; clock: Clock; fieldManager: string }) {
    this.#resource = resource;
    this.#generation = resource.metadata.generation ?? 0;
    this.#cluster = options.cluster;
    this.#clock = options.clock;
    this.#fieldManager = options.fieldManager;
    this.#written = (resource['status'] as Status | undefined) ?? {};
    this.#draft = structuredClone(this.#written);
  }

  get resource(): KubeObject {
    return this.#resource;
  }

  condition(type: string): Condition | undefined {
    return this.#conditions().find((condition) => condition.type === type);
  }

  set(condition: NewCondition): void {
    const at = { now: formatTime(this.#clock.now()), generation: this.#generation };
    this.#draft['conditions'] = setCondition(this.#conditions(), condition, at);
  }

  remove(...types: readonly string[]): void {
    let conditions = this.#conditions();
    for (const type of types) conditions = removeCondition(conditions, type);
    this.#draft['conditions'] = conditions;
  }

  merge(patch: Readonly<Status>): void {
    this.#draft = applyMergePatch(this.#draft, patch);
  }

  /** Turns a report into conditions; `activity` is what was being done last. */
  conclude(report: Report, activity: string): void {
    const { ready, outcome } = report;
    this.set({ type: 'Ready', ...ready });
    for (const condition of report.conditions ?? []) this.set(condition);
    this.remove(...(report.remove ?? []));
    if (outcome === 'stalled') this.set({ type: 'Stalled', ...ready, status: 'True' });
    else this.remove('Stalled');
    if (outcome === 'retry') this.set({ type: 'Reconciling', status: 'True', reason: 'ProgressingWithRetry', message: activity });
    else if (outcome === 'progressing')
      this.set({ type: 'Reconciling', status: 'True', reason: 'Progressing', message: activity });
    else this.remove('Reconciling');
    if (outcome === 'done' || outcome === 'stalled') this.#draft['observedGeneration'] = this.#generation;
    if (report.status !== undefined) this.merge(report.status);
  }

  /** Writes what changed since the last write. Returns the object as the API now has it. */
  async write(): Promise<KubeObject> {
    // What is said while the patch is on its way is for the next write.
    const sent = structuredClone(this.#draft);
    const patch = diffMergePatch(this.#written, sent);
    if (patch === null) return this.#resource;
    this.#resource = await this.#send(patch);
    this.#written = sent;
    return this.#resource;
  }

  /** The patch names no version, so a conflict is only somebody else's write at the same moment: the same patch goes again. */
  async #send(patch: Readonly<Status>): Promise<KubeObject> {
    const options = { type: 'merge', subresource: 'status', fieldManager: this.#fieldManager } as const;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#cluster.patch(refOf(this.#resource), { status: patch }, options);
      } catch (error) {
        if (!(error instanceof TagalongError && error.code === 'CONFLICT') || attempt === writesAtMost) throw error;
      }
    }
  }

  #conditions(): Condition[] {
    return (this.#draft['conditions'] as Condition[] | undefined) ?? [];
  }
}
