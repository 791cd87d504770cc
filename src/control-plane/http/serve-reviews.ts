import { isObject, objectAt } from '../json/json.ts';
import { methodNotAllowed } from '../objects/api-status.ts';
import type { Answer, ApiRequest } from './answer.ts';
import { reviewsOf } from './discovery.ts';
import { mediaTypeOf, parseObject, readBody } from './read-body.ts';

/** Answers reviews: everybody who knows the token may do everything. Null where the path is none. */
export async function serveReview(request: ApiRequest, user: string): Promise<Answer | null> {
  const parsed = /^\/apis\/([^/]+)\/v1\/(?:namespaces\/[^/]+\/)?([a-z]+)$/.exec(request.path);
  const [, group = '', plural = ''] = parsed ?? [];
  const kind = reviewsOf(group).find((name) => `${name.toLowerCase()}s` === plural);
  if (kind === undefined) return null;
  if (request.method !== 'POST') throw methodNotAllowed();
  const body = parseObject(mediaTypeOf(request.incoming), await readBody(request.incoming));
  const spec = objectAt(isObject(body) ? body : {}, 'spec');
  return {
    code: 201,
    body: { kind, apiVersion: `${group}/v1`, metadata: { creationTimestamp: null }, spec, status: statusOf(kind, user) },
  };
}

function statusOf(kind: string, user: string): object {
  const everything = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }];
  const identity = { username: user, groups: ['system:masters', 'system:authenticated'] };
  switch (kind) {
    case 'SelfSubjectRulesReview':
      return { incomplete: false, resourceRules: everything, nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] };
    case 'SelfSubjectReview':
      return { userInfo: identity };
    case 'TokenReview':
      return { authenticated: false };
    default:
      return { allowed: true };
  }
}
