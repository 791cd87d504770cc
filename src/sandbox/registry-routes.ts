import { answerError, answerJson, type RegistryAnswer, type RegistryRequest } from './registry-answer.ts';
import { answerBlob, createRegistryUploads } from './registry-blobs.ts';
import type { RegistryLogin } from './registry-login.ts';
import { answerManifest, type ManifestEvents } from './registry-manifests.ts';
import type { RegistryStorage } from './registry-storage.ts';
import { listRepositories, listTags, type TagPaging } from './registry-tags.ts';

export interface RouteOptions extends ManifestEvents {
  readonly storage: RegistryStorage;
  readonly login: RegistryLogin;
  readonly paging: TagPaging;
}

const name = '[a-z0-9]+(?:[._/-]+[a-z0-9]+)*';
const tagsRoute = new RegExp(`^/v2/(${name})/tags/list$`);
const manifestRoute = new RegExp(`^/v2/(${name})/manifests/([^/]+)$`);
const uploadRoute = new RegExp(`^/v2/(${name})/blobs/uploads/?([^/]*)$`);
const blobRoute = new RegExp(`^/v2/(${name})/blobs/([^/]+)$`);

/** The OCI distribution API: which answer a request gets. */
export function createRegistryRoutes({
  storage,
  login,
  paging,
  onTag,
}: RouteOptions): (request: RegistryRequest) => RegistryAnswer {
  const uploads = createRegistryUploads(storage);
  const answer = (request: RegistryRequest, path: string): RegistryAnswer => {
    const [, repository = '', reference = ''] = matchRoute(path) ?? [];
    if (path === '/v2/' || path === '/v2') return answerJson(200, {});
    if (path === '/v2/_catalog') return listRepositories(storage, request, paging.pageSize);
    if (tagsRoute.test(path)) return listTags(storage, repository, request, paging);
    if (manifestRoute.test(path))
      return answerManifest(storage, { name: repository, reference }, request, onTag ? { onTag } : {});
    if (uploadRoute.test(path)) return uploads.answer(repository, reference, request);
    if (blobRoute.test(path)) return answerBlob(storage, repository, reference, request);
    return answerError(404, 'NOT_FOUND', 'no such endpoint');
  };
  return (request) => {
    const path = decodePath(request.url.pathname);
    if (path === '/token') return login.answerToken(request);
    const refusal = login.refuse(request, matchRoute(path)?.[1] ?? null);
    const answered = refusal ?? answer(request, path);
    return { ...answered, headers: { 'docker-distribution-api-version': 'registry/2.0', ...answered.headers } };
  };
}

function matchRoute(path: string): RegExpExecArray | null {
  return tagsRoute.exec(path) ?? manifestRoute.exec(path) ?? uploadRoute.exec(path) ?? blobRoute.exec(path);
}

/** Clients may write the colon of a digest as %3A. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
