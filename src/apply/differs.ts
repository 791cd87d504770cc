import type { KubeObject } from '../core/index.ts';
import { isSameJson } from './json.ts';

/** True when what a dry run of our manifest returns is not what is there: labels, annotations, or anything but metadata and status. */
export function differs(live: KubeObject, dryRun: KubeObject): boolean {
  const [before, after] = [live.metadata, dryRun.metadata];
  const sameMetadata =
    isSameJson(before.labels ?? {}, after.labels ?? {}) && isSameJson(before.annotations ?? {}, after.annotations ?? {});
  return !sameMetadata || !isSameJson(content(live), content(dryRun));
}

function content({ metadata: _metadata, status: _status, ...rest }: KubeObject): Record<string, unknown> {
  return rest;
}
