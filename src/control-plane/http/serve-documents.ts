import type { KindRegistry } from '../kinds/kind-registry.ts';
import { ApiStatus } from '../objects/api-status.ts';
import { type Answer, ok } from './answer.ts';
import { describeAll, describeGroups, describeOneGroup, describeResources } from './discovery.ts';
import { createOpenApi, listOpenApiPaths, minimalSwagger } from './openapi.ts';

const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** `/version`; clients parse the numbers, people read the rest. */
export const versionInfo = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.0+tagalong',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: '',
  platform: 'embedded',
};

/** What the server says about itself; null where the path is of something else. */
export function serveDocument(kinds: KindRegistry, path: string, accept = ''): Answer | null {
  const clean = path.length > 1 ? path.replace(/\/$/, '') : path;
  if (/^\/(healthz|readyz|livez)(\/[\w-]+)?$/.test(clean)) return ok('ok');
  if (clean === '/version') return ok(versionInfo);
  if (clean === '/api' || clean === '/apis') return serveRoot(kinds, clean === '/api', accept);
  if (clean === '/openapi/v2') return serveSwagger(accept);
  if (clean === '/openapi/v3') return ok(listOpenApiPaths(kinds));
  const found = serveGroup(kinds, clean, accept);
  return found === null ? null : ok(found);
}

function serveRoot(kinds: KindRegistry, isCore: boolean, accept: string): Answer {
  const wantsAll = accept.split(',').some((part) => /g=apidiscovery\.k8s\.io/.test(part) && /v=v2(;|$|\s)/.test(part));
  if (wantsAll) return { code: 200, body: describeAll(kinds, isCore), contentType: aggregatedType };
  if (!isCore) return ok(describeGroups(kinds));
  return ok({ kind: 'APIVersions', apiVersion: 'v1', versions: ['v1'], serverAddressByClientCIDRs: [] });
}

/** Clients that want protobuf alone are told so; they go on without. */
function serveSwagger(accept: string): Answer {
  if (/protobuf/.test(accept) && !/application\/json|\*\/\*/.test(accept))
    throw new ApiStatus(406, 'NotAcceptable', 'only the following media types are accepted: application/json');
  return ok(minimalSwagger);
}

function serveGroup(kinds: KindRegistry, path: string, accept: string): object | null {
  const openApi = /^\/openapi\/v3\/(?:api\/([^/]+)|apis\/([^/]+)\/([^/]+))$/.exec(path);
  if (openApi !== null) {
    refuseProtobufAlone(accept);
    const [, core, group = '', version = ''] = openApi;
    return core === undefined ? createOpenApi(kinds, group, version) : createOpenApi(kinds, '', core);
  }
  if (path === '/api/v1') return describeResources(kinds, '', 'v1');
  const resources = /^\/apis\/([^/]+)\/([^/]+)$/.exec(path);
  if (resources !== null) return describeResources(kinds, resources[1] ?? '', resources[2] ?? '');
  const group = /^\/apis\/([^/]+)$/.exec(path);
  return group === null ? null : describeOneGroup(kinds, group[1] ?? '');
}

function refuseProtobufAlone(accept: string): void {
  if (/protobuf/.test(accept) && !/application\/json|\*\/\*/.test(accept))
    throw new ApiStatus(406, 'NotAcceptable', 'only the following media types are accepted: application/json');
}
