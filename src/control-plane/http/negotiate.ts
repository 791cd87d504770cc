import { ApiStatus } from '../objects/api-status.ts';

/** How the client wants objects shown. */
export type Shape = 'object' | 'metadata' | 'table';

/** The first thing in Accept that can be served; throws 406 where that is nothing (protobuf alone, say). */
export function negotiateShape(accept: string | undefined): Shape {
  for (const part of (accept ?? '*/*').split(',')) {
    const [mediaType = '', ...parameters] = part.split(';').map((text) => text.trim());
    if (!['application/json', 'application/*', '*/*', 'application/yaml', ''].includes(mediaType)) continue;
    const shape = shapeOf(new Map(parameters.map((parameter) => parameter.split('=') as [string, string])));
    if (shape !== null) return shape;
  }
  const message = 'only the following media types are accepted: application/json';
  throw new ApiStatus(406, 'NotAcceptable', message);
}

function shapeOf(parameters: ReadonlyMap<string, string>): Shape | null {
  const as = parameters.get('as');
  if (as === undefined) return 'object';
  if (parameters.get('g') !== 'meta.k8s.io') return null;
  if (as === 'Table') return 'table';
  return as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList' ? 'metadata' : null;
}
