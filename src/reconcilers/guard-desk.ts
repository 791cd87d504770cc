import {
  type GuardedBump,
  guardAnnotation,
  type ImagePolicy,
  type ImageRepository,
  type ImageUpdateAutomation,
  imageRepositoryKind,
  landAnnotation,
  type UpdateGuard,
} from '../api/index.ts';
import type { CloudLogins } from '../auth/index.ts';
import {
  type Clock,
  type Cluster,
  type Delivery,
  formatImageRef,
  formatKey,
  type ImageRef,
  type Instant,
  keyOf,
  type NamespacedName,
  nameOf,
  parseKey,
  type Registry,
  type Store,
  TagalongError,
  type Wake,
} from '../core/index.ts';
import {
  type Binding,
  bindGuards,
  type CompiledGuard,
  compileGuard,
  decideBump,
  deliveryOf,
  type Guard,
  type GuardReason,
  type KnownGuard,
  type Landing,
  parseLandings,
  refuse,
  waitFor,
} from '../guard/index.ts';
import { parseImageName } from '../registry/index.ts';
import type { AutomationGuards, GuardAnswer, GuardQuestion, WaitingBump } from './automation-guards.ts';
import { GuardBoard, guardsOf } from './guard-board.ts';
import type { Gates } from './guard-gates.ts';
import { checkLimits } from './guard-limits.ts';
import { hasNatureGates, type NatureCandidate, type NatureChecks } from './guard-nature.ts';
import { createGuardRecords, type GuardRecords, isSame, type Landed } from './guard-records.ts';
import { GuardReleases } from './guard-releases.ts';
import { checkRequirements, type RequirementDeps } from './guard-requirements.ts';
import type { RefusedTag } from './guarded-selection.ts';
import { repositoryOf } from './image-policy.ts';
import { clusterReader, resolveRegistryAccess } from './registry-access.ts';

export interface GuardDeskDeps extends RequirementDeps {
  readonly home: Cluster;
  readonly registry: Registry;
  readonly logins: CloudLogins;
  readonly store: Store;
  readonly clock: Clock;
  readonly gates: Gates;
  readonly nature: NatureChecks;
  /** Where the guards live that bind every namespace. */
  readonly guardNamespace: string;
  readonly wake: Wake;
  /** As the API last told; nothing lands before these were listed once. */
  listGuards(): readonly UpdateGuard[];
  listPolicies(): readonly ImagePolicy[];
  /** Told of a guard that is gone, and of what it let go; by the run that found it out. */
  onReleased(guard: string, policies: readonly string[], automation: ImageUpdateAutomation): void;
  /** Between two bumps that waited for a guard that is gone; default half a minute. */
  readonly releaseEveryMs?: number;
}

/** Where automations ask what guards say, and guards learn what waits for them. */
export interface GuardDesk {
  readonly board: GuardBoard;
  readonly records: GuardRecords;
  known(): readonly KnownGuard[];
  /** The guards of a policy that can be obeyed. */
  guardsOf(policy: ImagePolicy): readonly Guard[];
  forAutomation(automation: ImageUpdateAutomation, signal: AbortSignal): AutomationGuards;
  /** Newer tags that a policy did not pick because a guard refuses them; replaces what was known of the policy. */
  noteRefused(policy: NamespacedName, refused: readonly RefusedTag[]): void;
  /** The same by guard, as its status has it. */
  refusedBy(guard: string): readonly GuardedBump[];
}

export function createGuardDesk(deps: GuardDeskDeps): GuardDesk {
  const { store, clock, guardNamespace, listGuards } = deps;
  const compiled = new Map<string, { readonly version: string; readonly compiled: CompiledGuard }>();
  const records = createGuardRecords(store, listGuards);
  const releases = new GuardReleases({ records, everyMs: deps.releaseEveryMs ?? 30_000 });
  const refusals = new Map<string, readonly RefusedTag[]>();
  const wakeGuard = (guard: string) => deps.wake({ kind: 'UpdateGuard', ...parseKey(guard) }, 'what waits for it changed');
  const board = new GuardBoard((guards) => guards.forEach(wakeGuard));
  const compile = (resource: UpdateGuard): CompiledGuard => {
    const version = `${resource.metadata.uid}/${resource.metadata.generation}`;
    const known = compiled.get(keyOf(resource));
    if (known?.version === version) return known.compiled;
    const fresh = compileGuard(resource, clock.now());
    compiled.set(keyOf(resource), { version, compiled: fresh });
    return fresh;
  };
  const known = () => listGuards().map((resource) => ({ resource, compiled: compile(resource) }));
  const shared: Shared = { ...deps, records, releases, board, known };
  return {
    board,
    records,
    known,
    guardsOf: (policy) => bindGuards(known(), policy, guardNamespace).guards,
    noteRefused(policy, refused) {
      const key = formatKey(policy);
      const text = JSON.stringify(refused);
      if (text === JSON.stringify(refusals.get(key) ?? [])) return;
      const concerned = [...(refusals.get(key) ?? []), ...refused].flatMap(({ reasons }) => guardsOf([{ reasons }]));
      if (refused.length === 0) refusals.delete(key);
      else refusals.set(key, refused);
      for (const guard of new Set(concerned)) wakeGuard(guard);
    },
    refusedBy: (guard) => [...refusals].flatMap(([policy, refused]) => refused.flatMap((one) => listRefused(policy, one, guard))),
    forAutomation: (automation, signal) => new Asker(shared, automation, signal),
  };
}

/** What one guard has against a tag that was not picked. */
function listRefused(policy: string, { tag, digest, reasons }: RefusedTag, guard: string): GuardedBump[] {
  const candidate = digest === null ? tag : `${tag}@${digest}`;
  const own = reasons.filter((reason) => reason.guard !== null && formatKey(reason.guard) === guard);
  return own.map(({ reason, message }) => ({ policy, candidate, decision: 'Refuse', reason, message }));
}

interface Shared extends GuardDeskDeps {
  readonly records: GuardRecords;
  readonly releases: GuardReleases;
  readonly board: GuardBoard;
  known(): readonly KnownGuard[];
}

/** Asks for one automation's run. */
class Asker implements AutomationGuards {
  readonly #deps: Shared;
  readonly #automation: ImageUpdateAutomation;
  readonly #answers = new Map<string, Promise<readonly GuardReason[]>>();
  #required: Promise<boolean> | null = null;
  readonly #landing: Landed[] = [];
  readonly #signal: AbortSignal;

  constructor(deps: Shared, automation: ImageUpdateAutomation, signal: AbortSignal) {
    this.#deps = deps;
    this.#automation = automation;
    this.#signal = signal;
  }

  deliveryOf(policy: NamespacedName): Delivery {
    return deliveryOf(this.#bindingOf(this.#policy(policy)).guards);
  }

  async ask({ policy, marker, isPinned }: GuardQuestion): Promise<GuardAnswer> {
    const landing = this.#landingOf(policy);
    const key = keyOf(policy);
    const answer = this.#answers.get(key) ?? this.#askOnce(policy);
    this.#answers.set(key, answer);
    const unpinned = isPinned || landing !== null ? [] : this.#refuseUnpinned(policy, `${marker.file}:${marker.line}`);
    const reasons = [...(await answer), ...unpinned];
    return reasons.length === 0 ? { kind: 'open', landed: landing } : { kind: 'closed', reasons };
  }

  async limit(policies: readonly NamespacedName[], writer: string): Promise<ReadonlyMap<string, readonly GuardReason[]>> {
    const { records, releases, clock, listRollouts } = this.#deps;
    const now = clock.now();
    await this.#lookForDeleted();
    const ordered = this.#longestWaitingFirst(policies);
    const turns = releases.check(ordered, now);
    // A push that is planned again, since somebody else's came first, is not one more.
    const landed = (await records.landings(now)).filter((one) => !this.#landing.some((own) => isSame(one, own)));
    const bindings = new Map(ordered.map((policy) => [formatKey(policy), this.#bindingOf(this.#policy(policy)).guards]));
    const guards = this.#deps.known().flatMap((one) => (one.compiled.kind === 'guard' ? [one.compiled.guard] : []));
    const closed = checkLimits(
      ordered.filter((policy) => !turns.has(formatKey(policy))),
      guards,
      {
        ...{ writer, now, landed, rollouts: listRollouts() },
        binds: (guard, policy) =>
          (bindings.get(policy) ?? this.#bindingOf(this.#policy(parseKey(policy))).guards).includes(guard),
      },
    );
    return new Map([...turns, ...closed]);
  }

  async landing(policies: readonly NamespacedName[], writer: string): Promise<void> {
    const { records, releases, clock } = this.#deps;
    const at = clock.now();
    const news = policies.filter((policy) => !this.#landing.some((one) => one.policy === formatKey(policy)));
    if (news.length === 0) return;
    releases.landing(news, at);
    const landing = news.map((policy) => ({ policy: formatKey(policy), writer, at }));
    this.#landing.push(...landing);
    await records.recordLanding(landing);
  }

  abandon(): Promise<void> {
    return this.#deps.records.forgetLanding(this.#landing.splice(0));
  }

  async settle(waiting: readonly WaitingBump[]): Promise<void> {
    const { board, releases, clock } = this.#deps;
    const automation = nameOf(this.#automation);
    const found = waiting.map(({ policy, reasons }) => {
      const ref = this.#policy(policy)?.status?.latestRef;
      return { policy, automation, candidate: ref === undefined ? '' : formatImageRef(imageRefOf(ref)), reasons };
    });
    board.settle(automation, found, clock.now());
    await releases.note(waitingByGuard(board));
  }

  #policy(name: NamespacedName): ImagePolicy | undefined {
    return this.#deps.listPolicies().find((policy) => keyOf(policy) === formatKey(name));
  }

  #bindingOf(policy: ImagePolicy | undefined): Binding {
    if (policy === undefined) return { guards: [], broken: [] };
    return bindGuards(this.#deps.known(), policy, this.#deps.guardNamespace);
  }

  async #askOnce(policy: ImagePolicy): Promise<readonly GuardReason[]> {
    await this.#lookForDeleted();
    const { guards, broken } = this.#bindingOf(policy);
    if (guards.length + broken.length === 0) return (await this.#isRequired(policy)) ? [guardMissing(policy)] : [];
    const binding = guards.filter(({ name }) => this.#landingPast(name, policy) === null);
    const unreadable = broken.filter(({ name }) => this.#landingPast(name, policy) === null).map(describeBroken);
    return [...unreadable, ...(await this.#askGuards(binding, policy))];
  }

  /** The gates outside are asked last, and only about what could land otherwise. */
  async #askGuards(guards: readonly Guard[], policy: ImagePolicy): Promise<GuardReason[]> {
    const { clock, gates } = this.#deps;
    const ref = policy.status?.latestRef;
    if (ref === undefined || guards.length === 0) return [];
    const image = imageRefOf(ref);
    const digest = guards.some(needsDigest) ? await this.#digestOf(policy, image) : (image.digest ?? null);
    const now = clock.now();
    const firstSeenAt = await this.#firstSeen(guards, image, digest, now);
    const reasons = guards.flatMap((guard) =>
      decideBump(guard, { policy: nameOf(policy), tag: image.tag, digest, firstSeenAt }, now),
    );
    reasons.push(...(await this.#askNature(guards, policy, digest, now)));
    const landed = { name: image.name, tag: image.tag, ...(digest === null ? {} : { digest }) };
    for (const guard of guards) reasons.push(...(await checkRequirements(guard, landed, now, this.#deps, this.#signal)));
    if (reasons.length > 0) return reasons;
    const [automation, key] = [keyOf(this.#automation), keyOf(policy)];
    const candidate = { policy: key, automation, image: image.name, tag: image.tag, digest: digest ?? '' };
    for (const guard of guards) reasons.push(...[(await gates.ask(guard, candidate, now, this.#signal)) ?? []].flat());
    return reasons;
  }

  /** What the policy picked has been looked at when it was picked; whatever stands in its status is looked at again. */
  async #askNature(
    guards: readonly Guard[],
    policy: ImagePolicy,
    digest: string | null,
    now: Instant,
  ): Promise<readonly GuardReason[]> {
    const looking = guards.filter(hasNatureGates);
    if (looking.length === 0) return [];
    const unpinned = looking.filter(({ spec }) => (spec.verify?.length ?? 0) > 0 && !policy.status?.latestRef?.digest);
    if (unpinned.length > 0)
      return unpinned.map(({ name }) => waitFor(name, 'Unchecked', 'its policy has not picked a digest that is verified yet'));
    if (digest === null)
      return looking.map(({ name }) => waitFor(name, 'DigestUnknown', 'what its tag points at is not known yet'));
    const candidate = { ...(await openCandidate(policy, this.#deps, this.#signal)), digest };
    return this.#deps.nature.check(looking, candidate, now, this.#signal);
  }

  /** Of the status, else of the registry. Null where the registry does not say: that closes whatever asks for it. */
  async #digestOf(policy: ImagePolicy, { tag, digest }: ImageRef): Promise<string | null> {
    if (digest) return digest;
    try {
      const { image, access } = await openCandidate(policy, this.#deps, this.#signal);
      return await this.#deps.registry.fetchDigest(image, tag, access, this.#signal);
    } catch (error) {
      if (this.#signal.aborted) throw error;
      return null;
    }
  }

  #firstSeen(guards: readonly Guard[], { name, tag }: ImageRef, digest: string | null, now: Instant): Promise<Instant> | null {
    if (digest === null || !guards.some(({ soakMs }) => soakMs > 0)) return null;
    return this.#deps.records.firstSeen({ image: name, tag, digest }, now);
  }

  /** The landing by which a person passes a guard: one on the automation passes those of its own namespace, one on the guard that guard. */
  #landingPast(guard: NamespacedName, policy: ImagePolicy): Landing | null {
    const { namespace } = nameOf(this.#automation);
    const resource = this.#deps.known().find((one) => keyOf(one.resource) === formatKey(guard))?.resource;
    const own = guard.namespace === namespace ? this.#automation.metadata.annotations?.[landAnnotation] : undefined;
    return findLanding(policy, own) ?? findLanding(policy, resource?.metadata.annotations?.[landAnnotation], namespace);
  }

  /** What goes into the trailer: the landing that passed some guard. */
  #landingOf(policy: ImagePolicy): Landing | null {
    const { guards, broken } = this.#bindingOf(policy);
    return [...guards, ...broken].map(({ name }) => this.#landingPast(name, policy)).find((landing) => landing !== null) ?? null;
  }

  #refuseUnpinned(policy: ImagePolicy, at: string): GuardReason[] {
    const verifying = this.#bindingOf(policy).guards.filter(({ spec }) => (spec.verify?.length ?? 0) > 0);
    const message = `${at}: a tag alone can be pointed elsewhere after it was verified; mark the whole image, or its digest beside the tag`;
    return verifying
      .filter(({ name }) => this.#landingPast(name, policy) === null)
      .map(({ name }) => refuse(name, 'TagMarkerUnpinned', message));
  }

  async #isRequired({ metadata }: ImagePolicy): Promise<boolean> {
    if (metadata.annotations?.[guardAnnotation] === 'required') return true;
    const name = metadata.namespace ?? '';
    this.#required ??= this.#deps.home
      .get({ group: '', version: 'v1', kind: 'Namespace', name }, this.#signal)
      .then((namespace) => namespace?.metadata.annotations?.[guardAnnotation] === 'required');
    return this.#required;
  }

  async #lookForDeleted(): Promise<void> {
    const { releases, listGuards, onReleased } = this.#deps;
    const gone = await releases.look(new Set(listGuards().map(keyOf)));
    for (const { guard, policies } of gone) onReleased(guard, policies, this.#automation);
  }

  #longestWaitingFirst(policies: readonly NamespacedName[]): NamespacedName[] {
    const since = new Map(this.#deps.board.all().map((waiting) => [formatKey(waiting.policy), waiting.since]));
    const rank = (policy: NamespacedName) => since.get(formatKey(policy)) ?? Number.POSITIVE_INFINITY;
    return policies.toSorted((a, b) => compareNumbers(rank(a), rank(b)) || (formatKey(a) < formatKey(b) ? -1 : 1));
  }
}

function compareNumbers(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

function needsDigest(guard: Guard): boolean {
  const { requires = [], holds = [] } = guard.spec;
  return guard.soakMs > 0 || requires.length > 0 || holds.some(({ digests }) => digests !== undefined) || hasNatureGates(guard);
}

function describeBroken({ name, problems }: Binding['broken'][number]): GuardReason {
  return refuse(name, 'GuardInvalid', `it cannot be obeyed, and closes what it selects: ${problems.join('; ')}`);
}

function guardMissing(policy: ImagePolicy): GuardReason {
  const message = `${guardAnnotation}: required, and no UpdateGuard selects ${keyOf(policy)}`;
  return waitFor(null, 'GuardMissing', message);
}

/** A landing of the picked tag, by the policy's name, or by namespace and name where the guard is elsewhere. */
function findLanding(policy: ImagePolicy, annotation: string | undefined, namespace?: string): Landing | null {
  const tag = policy.status?.latestRef?.tag;
  const names = namespace === undefined ? [policy.metadata.name] : [`${namespace}/${policy.metadata.name}`];
  return parseLandings(annotation).find((landing) => names.includes(landing.policy) && landing.tag === tag) ?? null;
}

/** Opens the registry of what a policy picks, as its ImageRepository says. */
async function openCandidate(
  policy: ImagePolicy,
  { home, logins }: Pick<GuardDeskDeps, 'home' | 'logins'>,
  signal: AbortSignal,
): Promise<Omit<NatureCandidate, 'digest'>> {
  const wanted = repositoryOf(policy);
  const found = (await home.get({ ...imageRepositoryKind, ...wanted }, signal)) as ImageRepository | null;
  if (found === null) throw new TagalongError('DEPENDENCY_MISSING', `ImageRepository ${formatKey(wanted)} is not there`);
  const image = parseImageName(found.spec.image);
  const access = await resolveRegistryAccess(found.spec, image, {
    reader: clusterReader(home, wanted.namespace, signal),
    logins,
  });
  return { image, access };
}

function waitingByGuard(board: GuardBoard): Map<string, string[]> {
  const pairs = board.all().flatMap((waiting) => guardsOf([waiting]).map((guard) => [guard, formatKey(waiting.policy)] as const));
  const groups = Map.groupBy(pairs, ([guard]) => guard);
  return new Map([...groups].map(([guard, entries]) => [guard, [...new Set(entries.map(([, policy]) => policy))].toSorted()]));
}

function imageRefOf({ name, tag, digest }: { name: string; tag: string; digest?: string | undefined }): ImageRef {
  return { name, tag, ...(digest ? { digest } : {}) };
}
