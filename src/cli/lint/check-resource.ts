import { type FieldProblem, findNotImplemented, findSelectorProblem, type Resource, versionStyleOf } from '../../api/index.ts';
import { errorMessage, type Instant } from '../../core/index.ts';
import { compileGuard } from '../../guard/index.ts';
import { parseImageName } from '../../registry/index.ts';
import { compileExclusions, compileTagPolicy } from '../../select/index.ts';
import { parseCommitTemplate } from '../../template/index.ts';
import type { Finding, Rule } from './finding.ts';
import type { LintedObject } from './read-objects.ts';

interface Fault {
  readonly path: FieldProblem['path'];
  readonly rule: Rule;
  readonly message: string;
  readonly severity?: Finding['severity'];
}

/** What a schema cannot see: ranges, patterns, templates, names of images, windows, annotations, and what does nothing yet. */
export function checkResource({ resource, at }: LintedObject, now: Instant): Finding[] {
  const title = `${resource.kind} ${resource.metadata.name}`;
  return [...faultsOf(resource, now), ...gapsOf(resource)].map(({ path, rule, message, severity = 'error' }) => ({
    ...at(path),
    ...{ severity, rule, message: `${title}: ${message}` },
  }));
}

function faultsOf(resource: Resource, now: Instant): Fault[] {
  switch (resource.kind) {
    case 'ImagePolicy':
      return faultsOfPolicy(resource);
    case 'ImageRepository':
      return faultsOfRepository(resource);
    case 'ImageUpdateAutomation':
      return faultsOfAutomation(resource);
    case 'UpdateGuard': {
      const compiled = compileGuard(resource, now);
      const problems = compiled.kind === 'invalid' ? compiled.problems : [];
      return problems.map((message) => ({ path: pathIn(message), rule: 'guard', message }));
    }
    default:
      return [];
  }
}

function faultsOfPolicy({ spec, metadata }: Extract<Resource, { kind: 'ImagePolicy' }>): Fault[] {
  const compiled = compileTagPolicy(spec, versionStyleOf(metadata.annotations));
  if (compiled.kind === 'compiled') return [];
  const isOfPattern = /pattern|regexp|regular|extract/i.test(compiled.reason) && spec.filterTags !== undefined;
  const path = isOfPattern ? ['spec', 'filterTags', 'pattern'] : ['spec', 'policy', 'semver', 'range'];
  return [{ path, rule: 'policy', message: compiled.reason }];
}

function faultsOfRepository({ spec }: Extract<Resource, { kind: 'ImageRepository' }>): Fault[] {
  const exclusions = compileExclusions(spec.exclusionList);
  return [
    ...attempt(['spec', 'image'], () => parseImageName(spec.image)),
    ...(exclusions.kind === 'invalid'
      ? [{ path: ['spec', 'exclusionList'], rule: 'policy' as const, message: exclusions.reason }]
      : []),
  ];
}

function faultsOfAutomation({ spec }: Extract<Resource, { kind: 'ImageUpdateAutomation' }>): Fault[] {
  const template = spec.git?.commit?.messageTemplate;
  const parsed = template === undefined ? null : parseCommitTemplate(template);
  const selector = findSelectorProblem(spec.policySelector);
  const path = ['spec', 'git', 'commit', 'messageTemplate'];
  return [
    ...(parsed === null || parsed.kind === 'parsed' ? [] : [{ path, rule: 'policy' as const, message: parsed.message }]),
    ...(selector === null ? [] : [{ path: ['spec', 'policySelector'], rule: 'policy' as const, message: selector }]),
  ];
}

function attempt(path: FieldProblem['path'], act: () => unknown): Fault[] {
  try {
    act();
    return [];
  } catch (error) {
    return [{ path, rule: 'policy', message: errorMessage(error) }];
  }
}

/** Fields that nothing obeys yet, and annotations under `tagalong.dev/` that nobody knows. */
function gapsOf(resource: Resource): Fault[] {
  return findNotImplemented(resource).map((message) => {
    const [, annotation] = /^metadata\.annotations\[(.+?)\]/.exec(message) ?? [];
    return annotation === undefined
      ? { path: pathIn(message), rule: 'resource', message, severity: 'warning' }
      : { path: ['metadata', 'annotations', annotation], rule: 'annotation', message };
  });
}

/** `spec.windows.0: …` begins with the way to its field. */
function pathIn(message: string): FieldProblem['path'] {
  const [way = ''] = /^spec[\w.[\]]*/.exec(message) ?? [];
  return way === ''
    ? ['spec']
    : way
        .replace(/\[(\d+)\]/g, '.$1')
        .split('.')
        .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}
