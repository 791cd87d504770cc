import { LineCounter, parseAllDocuments } from 'yaml';
import { type ImagePolicy, imagePolicyKind, imageRepositoryKind, parseResource, ValidationError } from '../api/index.ts';
import { errorMessage } from '../core/index.ts';
import { CliError } from './error.ts';
import { readInput } from './read-input.ts';

export interface PolicyFile {
  readonly name: string;
  readonly spec: Pick<ImagePolicy['spec'], 'policy' | 'filterTags'>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Of its ImageRepository, if that is in the file too; undefined means the default list. */
  readonly exclusionList: readonly string[] | undefined;
  /** What an API server would refuse beside the parts that decide about tags. */
  readonly warnings: readonly string[];
}

type Document = Readonly<Record<string, unknown>>;

/**
 * The ImagePolicy of a file, by name if it has several, and the exclusion list of its repository. Any version of the API will do.
 * Throws USAGE when there is no such policy, or when what decides about tags is not valid in it.
 */
export async function readPolicyFile(path: string, name: string | undefined): Promise<PolicyFile> {
  const documents = parseDocuments(path, await readInput(path));
  const policy = choosePolicy(
    path,
    documents.filter((document) => isKind(document, imagePolicyKind)),
    name,
  );
  const { warnings, spec } = checkPolicy(path, policy);
  const reference = (policy['spec'] as { imageRepositoryRef?: { name?: unknown } } | undefined)?.imageRepositoryRef?.name;
  const repositories = documents.filter((document) => isKind(document, imageRepositoryKind));
  const repository =
    repositories.find((document) => nameOf(document) === reference) ?? (reference === undefined ? repositories[0] : undefined);
  return {
    name: nameOf(policy),
    spec,
    annotations: annotationsOf(policy),
    exclusionList: exclusionsOf(path, repository),
    warnings,
  };
}

function parseDocuments(path: string, text: string): Document[] {
  const lines = new LineCounter();
  return parseAllDocuments(text, { version: '1.1', merge: true, lineCounter: lines }).flatMap((document) => {
    const [error] = document.errors;
    const at = error?.linePos?.[0];
    if (error !== undefined) {
      const where = at === undefined ? path : `${path}:${at.line}:${at.col}`;
      throw new CliError('USAGE', `${where}: ${error.message.split('\n')[0]}`, error);
    }
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (typeof value !== 'object' || value === null) return [];
    const { items, kind } = value as { items?: unknown; kind?: unknown };
    return kind === 'List' && Array.isArray(items) ? (items as Document[]) : [value as Document];
  });
}

function isKind({ apiVersion, kind }: Document, wanted: { readonly group: string; readonly kind: string }): boolean {
  return kind === wanted.kind && typeof apiVersion === 'string' && apiVersion.startsWith(`${wanted.group}/`);
}

function choosePolicy(path: string, policies: readonly Document[], name: string | undefined): Document {
  const found = name === undefined ? policies : policies.filter((policy) => nameOf(policy) === name);
  const [policy, second] = found;
  if (policy === undefined)
    throw new CliError(
      'USAGE',
      `${path} has no ${imagePolicyKind.kind}${name === undefined ? '' : ` ${JSON.stringify(name)}`} of ${imagePolicyKind.group}`,
    );
  if (second !== undefined)
    throw new CliError('USAGE', `${path} has several ImagePolicies (${found.map(nameOf).join(', ')}); name one`);
  return policy;
}

function nameOf({ metadata }: Document): string {
  const name = (metadata as { name?: unknown } | undefined)?.name;
  return typeof name === 'string' ? name : '';
}

function annotationsOf({ metadata }: Document): Readonly<Record<string, string>> {
  return (metadata as { annotations?: Readonly<Record<string, string>> } | undefined)?.annotations ?? {};
}

function checkPolicy(path: string, policy: Document): Pick<PolicyFile, 'warnings' | 'spec'> {
  const { spec } = policy as { spec?: PolicyFile['spec'] };
  try {
    return {
      warnings: [],
      spec: parseResource('ImagePolicy', { ...policy, apiVersion: `${imagePolicyKind.group}/${imagePolicyKind.version}` }).spec,
    };
  } catch (error) {
    if (!(error instanceof ValidationError) || spec === undefined || decides(error))
      throw new CliError('USAGE', `${path}: ${errorMessage(error)}`, error);
    return { warnings: [error.message], spec };
  }
}

/** Whether what is wrong touches the fields that pick a tag. */
function decides({ problems, unknownFields }: ValidationError): boolean {
  return [...problems.map((problem) => problem.path), ...unknownFields].some(
    ([root, field]) => root === 'spec' && (field === undefined || !bystanders.has(String(field))),
  );
}

/** Fields of the spec that have no say in which tag is picked. */
const bystanders = new Set(['imageRepositoryRef', 'digestReflectionPolicy', 'interval', 'suspend']);

function exclusionsOf(path: string, repository: Document | undefined): readonly string[] | undefined {
  const list = (repository?.['spec'] as { exclusionList?: unknown } | undefined)?.exclusionList ?? undefined;
  if (list === undefined) return undefined;
  if (Array.isArray(list) && list.every((pattern) => typeof pattern === 'string')) return list;
  throw new CliError('USAGE', `${path}: spec.exclusionList of an ImageRepository has to be a list of texts`);
}
