import type { KubeObject } from '../../core/index.ts';
import type { ResourceType } from '../kinds/resource-type.ts';
import { applyJsonPatch } from '../merge/json-patch.ts';
import { applyMergePatch } from '../merge/merge-patch.ts';
import { applyToCluster } from '../merge/server-side-apply.ts';
import { applyStrategicMerge } from '../merge/strategic-merge.ts';
import { invalid, requiredValue } from '../objects/api-status.ts';
import type { ObjectApi } from '../objects/object-api.ts';
import type { WriteOptions } from '../objects/write-options.ts';
import { type Answer, type ApiRequest, ok } from './answer.ts';
import { type Presentation, presentObject } from './present.ts';
import { mediaTypeOf, parseJson, parseYaml, readBody, unsupportedMediaType } from './read-body.ts';
import type { Target } from './request-path.ts';
import { readScale, writeScale } from './scale.ts';

type Merge = (current: unknown, patch: unknown) => unknown;

const applyPatchType = 'application/apply-patch+yaml';

/** Answers a PATCH: JSON, merge, strategic merge, or server-side apply, by its media type. */
export async function patchObject(
  api: ObjectApi,
  target: Target,
  request: ApiRequest,
  presentation: Presentation,
  options: WriteOptions,
): Promise<Answer> {
  const mediaType = mediaTypeOf(request.incoming);
  const bytes = await readBody(request.incoming);
  const { type, subresource } = target;
  if (mediaType === applyPatchType && subresource !== 'scale') {
    const manager = request.query.get('fieldManager');
    if (manager === null || manager === '') throw managerRequired();
    const force = request.query.get('force') === 'true';
    const { object, created } = applyToCluster(api, target, parseYaml(bytes), { ...options, manager, force });
    return { code: created ? 201 : 200, body: presentObject(object, presentation) };
  }
  const merge = mergeFor(type, mediaType);
  const patch = parseJson(bytes);
  if (subresource !== 'scale')
    return ok(
      presentObject(
        api.update(target, (current) => merge(current, patch), options),
        presentation,
      ),
    );
  const change = (current: KubeObject) => writeScale(type, current, merge(readScale(type, current), patch));
  return ok(readScale(type, api.update(target, change, options)));
}

function mergeFor(type: ResourceType, mediaType: string): Merge {
  switch (mediaType) {
    case 'application/json-patch+json':
      return applyJsonPatch;
    case 'application/merge-patch+json':
      return applyMergePatch;
    case 'application/strategic-merge-patch+json':
      if (!type.custom) return (current, patch) => applyStrategicMerge(type.schema, current, patch);
  }
  const accepted = ['application/json-patch+json', 'application/merge-patch+json', applyPatchType];
  throw unsupportedMediaType(type.custom ? accepted : [...accepted, 'application/strategic-merge-patch+json']);
}

function managerRequired(): Error {
  const options = { group: 'meta.k8s.io', plural: 'patchoptions', kind: 'PatchOptions' };
  return invalid(options, '', [requiredValue('fieldManager', 'is required for apply patch')]);
}
