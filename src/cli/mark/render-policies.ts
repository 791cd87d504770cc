import { stringify } from 'yaml';
import type { NewPolicy } from './new-policies.ts';

/** A file of new resources. */
export interface NewFile {
  /** From the root of the tree. */
  readonly path: string;
  readonly text: string;
  readonly policies: readonly NewPolicy[];
}

/** One file for each new policy, `<folder>/<name>.yaml`, with its repository in front. Pure. */
export function renderPolicies(created: readonly NewPolicy[], folder: string): NewFile[] {
  const prefix = folder === '' ? '' : `${folder}/`;
  const names = new Map<string, number>();
  return created.map((policy) => {
    const uses = (names.get(policy.name) ?? 0) + 1;
    names.set(policy.name, uses);
    const name = uses === 1 ? policy.name : `${policy.namespace}-${policy.name}`;
    return { path: `${prefix}${name}.yaml`, text: renderPolicy(policy), policies: [policy] };
  });
}

function renderPolicy(created: NewPolicy): string {
  const { namespace, name, image, repository, proposal, reflectsDigest } = created;
  const { annotations, filterTags, policy } = proposal;
  const scan = {
    apiVersion: 'image.toolkit.fluxcd.io/v1',
    kind: 'ImageRepository',
    metadata: { name: repository.name, namespace: repository.namespace },
    spec: { image, interval: '5m' },
  };
  const pick = {
    apiVersion: 'image.toolkit.fluxcd.io/v1',
    kind: 'ImagePolicy',
    metadata: { name, namespace, ...(annotations === undefined ? {} : { annotations }) },
    spec: {
      imageRepositoryRef: { name: repository.name },
      ...(filterTags === undefined ? {} : { filterTags }),
      policy,
      ...(reflectsDigest ? { digestReflectionPolicy: 'IfNotPresent' } : {}),
    },
  };
  const documents = [...(repository.isNew ? [print(scan)] : []), `# ${proposal.because}\n${print(pick)}`];
  return documents.join('---\n');
}

function print(object: unknown): string {
  return stringify(object, { lineWidth: 0 });
}
