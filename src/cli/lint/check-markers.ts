import { type ImagePolicy, type ImageRepository, type ImageUpdateAutomation, matchesSelector } from '../../api/index.ts';
import { formatKey, keyOf, type Marker } from '../../core/index.ts';
import { parseImageReference } from '../../edit/index.ts';
import { canonicalImage } from '../mark/canonical-image.ts';
import type { Finding } from './finding.ts';
import type { LintedObject } from './read-objects.ts';

/** Markers whose policy is nowhere, is of another image, or is written by nobody. `isTold`: the policies were named, so all are known. Pure. */
export function checkMarkers(markers: readonly Marker[], objects: readonly LintedObject[], isTold: boolean): Finding[] {
  const known = sort(objects);
  return markers.flatMap((marker) => {
    const policy = known.policies.get(formatKey(marker.policy));
    if (policy !== undefined) return [...checkImage(marker, policy, known), ...checkWriters(marker, policy, known)];
    if (known.loose.has(marker.policy.name)) return [];
    const isSure = isTold || known.policies.size > 0;
    return [
      say(
        marker,
        isSure ? 'error' : 'warning',
        `marker names ImagePolicy ${formatKey(marker.policy)}, which is not in this folder${isSure ? '' : '; --policies says where they are'}`,
      ),
    ];
  });
}

interface Known {
  readonly policies: ReadonlyMap<string, ImagePolicy>;
  /** Names of policies whose files do not say their namespace. */
  readonly loose: ReadonlySet<string>;
  readonly repositories: ReadonlyMap<string, ImageRepository>;
  readonly automations: readonly ImageUpdateAutomation[];
}

function sort(objects: readonly LintedObject[]): Known {
  const policies = objects.flatMap(({ resource }) =>
    resource.kind === 'ImagePolicy' ? [[keyOf(resource), resource] as const] : [],
  );
  const loose = objects.flatMap(({ resource, hasNamespace }) =>
    resource.kind === 'ImagePolicy' && !hasNamespace ? [resource.metadata.name] : [],
  );
  const repositories = objects.flatMap(({ resource }) =>
    resource.kind === 'ImageRepository' ? [[keyOf(resource), resource] as const] : [],
  );
  return {
    policies: new Map(policies),
    loose: new Set(loose),
    repositories: new Map(repositories),
    automations: objects.flatMap(({ resource }) => (resource.kind === 'ImageUpdateAutomation' ? [resource] : [])),
  };
}

/** A marker on another image would replace it by this one. */
function checkImage(marker: Marker, policy: ImagePolicy, { repositories }: Known): Finding[] {
  const { name, namespace = policy.metadata.namespace ?? '' } = policy.spec.imageRepositoryRef;
  const image = repositories.get(formatKey({ namespace, name }))?.spec.image;
  const written = parseImageReference(marker.value);
  if (marker.part === 'tag' && /[/:@]/.test(marker.value))
    return [say(marker, 'error', `the marker is of a tag alone, and ${JSON.stringify(marker.value)} is none; leave out ":tag"`)];
  if (marker.part === 'digest' && (policy.spec.digestReflectionPolicy ?? 'Never') === 'Never')
    return [
      say(
        marker,
        'error',
        `marker wants the digest of ${keyOf(policy)}, which reflects none; set its spec.digestReflectionPolicy`,
      ),
    ];
  const isWhole = marker.part === 'image' || marker.part === 'name';
  if (!isWhole || image === undefined || written === null || canonicalImage(written.name) === canonicalImage(image)) return [];
  return [
    say(marker, 'warning', `ImagePolicy ${keyOf(policy)} is of ${image}, and ${written.name} stands here: it would be replaced`),
  ];
}

function checkWriters(marker: Marker, policy: ImagePolicy, { automations }: Known): Finding[] {
  if (automations.length === 0) return [];
  const own = automations.filter(({ metadata }) => metadata.namespace === policy.metadata.namespace);
  if (own.length === 0)
    return [
      say(
        marker,
        'warning',
        `no ImageUpdateAutomation of namespace ${policy.metadata.namespace} is in this folder: nobody writes this marker`,
      ),
    ];
  const isTaken = own.some(({ spec }) => matchesSelector(policy.metadata.labels ?? {}, spec.policySelector));
  return isTaken
    ? []
    : [say(marker, 'warning', `no ImageUpdateAutomation selects ImagePolicy ${keyOf(policy)}: nobody writes this marker`)];
}

function say({ file, line, column }: Marker, severity: Finding['severity'], message: string): Finding {
  return { file, line, column, severity, rule: 'marker', message };
}
