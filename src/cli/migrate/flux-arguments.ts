import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../core/index.ts';
import { electionFactsOf } from '../../lease/index.ts';
import type { FluxArguments } from './carried-flags.ts';
import { controllersOfParts, type Part } from './parts.ts';

/** What the controllers of these parts are started with, by Flux's built manifests. */
export function fluxArguments(manifests: string, parts: readonly Part[]): FluxArguments[] {
  const names: readonly string[] = controllersOfParts(parts);
  return parseAllDocuments(manifests)
    .map((document): KubeObject | null => document.toJS())
    .flatMap((object) =>
      object?.kind === 'Deployment' && names.includes(object.metadata.name) ? [electionFactsOf(object)] : [],
    );
}
