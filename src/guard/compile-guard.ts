import { describeProblem, findSelectorProblem, type UpdateGuard, updateGuardSpecSchema } from '../api/index.ts';
import { type Instant, type NamespacedName, nameOf, parseDurationMs } from '../core/index.ts';
import { parseRange } from '../select/index.ts';
import { compileWindow, nextStart, type Stretch, type Window } from './window.ts';

type Spec = UpdateGuard['spec'];

/** A guard whose every part can be obeyed. */
export interface Guard {
  readonly name: NamespacedName;
  readonly spec: Spec;
  readonly windows: readonly Window[];
  readonly freezes: readonly (Stretch & { readonly reason: string })[];
  readonly soakMs: number;
}

export type CompiledGuard =
  | { readonly kind: 'guard'; readonly guard: Guard }
  /** It cannot be obeyed, and closes what it selects and what it selected last. */
  | { readonly kind: 'invalid'; readonly name: NamespacedName; readonly problems: readonly string[] };

/** Every mistake at once: what a guard says that nobody can read, and what can never be true. */
export function compileGuard(resource: UpdateGuard, now: Instant): CompiledGuard {
  const name = nameOf(resource);
  const parsed = updateGuardSpecSchema.safeParse(resource.spec ?? {});
  if (!parsed.success)
    return { kind: 'invalid', name, problems: findSchemaProblems(resource.spec ?? {}, parsed.error.issues, now) };
  const { problems, windows, freezes } = check(parsed.data, now);
  if (problems.length > 0) return { kind: 'invalid', name, problems };
  const spec = parsed.data;
  return { kind: 'guard', guard: { name, spec, windows, freezes, soakMs: parseDurationMs(spec.soak ?? '0s') ?? 0 } };
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** What the schema found, and what is wrong with the fields that the schema takes. */
function findSchemaProblems(spec: object, issues: readonly Issue[], now: Instant): string[] {
  const found = issues.map(({ path, message }) => describeProblem({ path: ['spec', ...path.map(stepOf)], message }));
  const readable = Object.entries(spec).filter(([field]) => !issues.some(({ path }) => path[0] === field));
  const rest = updateGuardSpecSchema.safeParse(Object.fromEntries(readable));
  return [...found, ...(rest.success ? check(rest.data, now).problems : [])];
}

function stepOf(step: PropertyKey): string | number {
  return typeof step === 'number' ? step : String(step);
}

/** What the schema cannot see. */
function check(spec: Spec, now: Instant): Pick<Guard, 'windows' | 'freezes'> & { readonly problems: string[] } {
  const { windows, problems: windowProblems } = compileWindows(spec, now);
  const freezes = (spec.freezes ?? []).map(({ from, to, reason = '' }) => ({
    from: Date.parse(from),
    to: Date.parse(to),
    reason,
  }));
  const problems = [
    ...findProblem('spec.policySelector', findSelectorProblem(spec.policySelector)),
    ...windowProblems,
    ...freezes.flatMap(findFreezeProblem),
    ...findHoldProblems(spec),
    ...findRequirementProblems(spec),
    ...findProblem('spec.gate.url', spec.gate === undefined ? null : findUrlProblem(spec.gate.url)),
    ...findDurationProblems(spec),
  ];
  return { windows, freezes, problems };
}

function compileWindows({ windows: specs = [] }: Spec, now: Instant): { windows: Window[]; problems: string[] } {
  const windows: Window[] = [];
  const problems: string[] = [];
  for (const [index, spec] of specs.entries()) {
    const compiled = compileWindow(spec);
    if (compiled.kind === 'invalid') problems.push(...compiled.problems.map((problem) => `spec.windows[${index}]: ${problem}`));
    else if (nextStart(compiled.window, now) === null)
      problems.push(`spec.windows[${index}]: ${JSON.stringify(spec.cron)} never comes`);
    else windows.push(compiled.window);
  }
  return { windows, problems };
}

function findFreezeProblem({ from, to }: Stretch, index: number): string[] {
  if (Number.isNaN(from) || Number.isNaN(to))
    return [`spec.freezes[${index}]: from and to must be times such as 2026-12-20T00:00:00Z`];
  return from < to ? [] : [`spec.freezes[${index}]: it ends before it begins`];
}

function findHoldProblems({ holds = [] }: Spec): string[] {
  return holds.flatMap(({ range, until }, index) => [
    ...findProblem(`spec.holds[${index}].range`, range === undefined ? null : findRangeProblem(range)),
    ...(until !== undefined && Number.isNaN(Date.parse(until)) ? [`spec.holds[${index}].until: it is no time`] : []),
  ]);
}

function findRangeProblem(range: string): string | null {
  const parsed = parseRange(range);
  return parsed.kind === 'invalid' ? parsed.reason : null;
}

function findRequirementProblems({ requires = [] }: Spec): string[] {
  return requires.flatMap(({ rolloutSelector }, index) =>
    findProblem(`spec.requires[${index}].rolloutSelector`, findSelectorProblem(rolloutSelector)),
  );
}

function findUrlProblem(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return 'it has to be an http or https address';
  return url.username === '' && url.password === '' ? null : 'it carries a login; put that into the Secret of secretRef';
}

const longestTimeoutMs = 60_000;

function findDurationProblems({ gate, healthTimeout }: Spec): string[] {
  const timeoutMs = parseDurationMs(gate?.timeout ?? '1s') ?? 0;
  const cacheMs = parseDurationMs(gate?.cacheFor ?? '1m') ?? 0;
  return [
    ...(timeoutMs > 0 && timeoutMs <= longestTimeoutMs
      ? []
      : ['spec.gate.timeout: it has to be more than nothing, and at most 1m']),
    ...(cacheMs >= 1000 ? [] : ['spec.gate.cacheFor: it has to be at least 1s']),
    ...((parseDurationMs(healthTimeout ?? '1s') ?? 0) > 0 ? [] : ['spec.healthTimeout: it has to be more than nothing']),
  ];
}

function findProblem(path: string, because: string | null): string[] {
  return because === null ? [] : [`${path}: ${because}`];
}
