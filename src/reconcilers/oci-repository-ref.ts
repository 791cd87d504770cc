import type { OciRepository } from '../api/index.ts';
import { errorMessage, type ImageName, type Registry, type RegistryAccess, TagalongError } from '../core/index.ts';
import { compileTagPolicy, parseVersion, selectTag } from '../select/index.ts';
import { SourceError } from '../source/index.ts';

/** What a reference points at now. */
export interface ResolvedOciRef {
  readonly digest: string;
  /** `1.2.0@sha256:…`, or the digest alone where that is what is asked for. */
  readonly revision: string;
}

export interface OciPlace {
  readonly registry: Registry;
  readonly image: ImageName;
  readonly access: RegistryAccess;
  readonly signal: AbortSignal;
}

const chartMediaType = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';

/** The digest that `spec.ref` names: of digest, semver and tag the first that is set, else of the tag latest. Throws SourceError. */
export async function resolveOciRef({ spec }: OciRepository, place: OciPlace): Promise<ResolvedOciRef> {
  const { digest: wanted = '', semver = '', tag = '' } = spec.ref ?? {};
  if (wanted !== '') return checkDigest(wanted);
  const chosen = semver === '' ? tag || 'latest' : await chooseTag(spec, place);
  const digest = await askRegistry(() => place.registry.fetchDigest(place.image, chosen, place.access, place.signal), {
    place,
    code: 'PULL_FAILED',
    attempt: 'failed to determine artifact digest',
  });
  if (digest === null)
    throw failed('PULL_FAILED', `failed to determine artifact digest: ${spec.url} has no tag ${JSON.stringify(chosen)}`);
  return { digest, revision: `${chosen}@${digest}` };
}

function checkDigest(digest: string): ResolvedOciRef {
  if (/^sha256:[0-9a-f]{64}$/.test(digest)) return { digest, revision: digest };
  const message = `failed to determine artifact digest: ${JSON.stringify(digest)} is none of the form sha256:… with 64 hexadecimal digits`;
  throw failed('PULL_FAILED', message, { retry: 'never' });
}

async function chooseTag({ url, ref, layerSelector }: OciRepository['spec'], place: OciPlace): Promise<string> {
  const attempt = `failed to determine the artifact tag for '${url}'`;
  const { semver = '', semverFilter = '' } = ref ?? {};
  const filterTags = semverFilter === '' ? {} : { filterTags: { pattern: semverFilter } };
  const compiled = compileTagPolicy({ policy: { semver: { range: semver } }, ...filterTags });
  if (compiled.kind === 'invalid') throw failed('TAG_NOT_FOUND', `${attempt}: ${compiled.reason}`, { retry: 'never' });
  const { registry, image, access, signal } = place;
  const { tags } = await askRegistry(() => registry.fetchTags(image, access, signal), { place, attempt, code: 'TAG_NOT_FOUND' });
  // A registry's tag has no plus: charts carry an underscore in its place.
  const isChart = layerSelector?.mediaType === chartMediaType;
  const written = new Map(tags.map((tag) => [isChart ? tag.replaceAll('_', '+') : tag, tag]));
  const versions = [...written.keys()].filter((tag) => parseVersion(tag) !== null);
  const choice = selectTag(compiled.policy, versions);
  if (choice.kind === 'selected') return written.get(choice.tag) ?? choice.tag;
  throw failed('TAG_NOT_FOUND', `${attempt}: no match found for semver: ${semver}`);
}

interface Attempt {
  readonly place: Pick<OciPlace, 'signal'>;
  readonly code: 'TAG_NOT_FOUND' | 'PULL_FAILED';
  readonly attempt: string;
}

/** What the registry says, under the reason that users of Flux know; when to try again stays the registry's word. */
export async function askRegistry<T>(ask: () => Promise<T>, { place, code, attempt }: Attempt): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    place.signal.throwIfAborted();
    if (cause instanceof SourceError) throw cause;
    const retry = cause instanceof TagalongError ? { retry: cause.retry } : {};
    throw failed(code, `${attempt}: ${errorMessage(cause)}`, { cause, ...retry });
  }
}

function failed(
  code: 'TAG_NOT_FOUND' | 'PULL_FAILED',
  message: string,
  details: ConstructorParameters<typeof SourceError>[2] = {},
): SourceError {
  return new SourceError(code, message, details);
}
