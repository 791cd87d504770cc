import { systemClock } from '../core/index.ts';
import { type ThreadAnswer, WorkThread } from '../thread/index.ts';
import type { BuildLimits } from './build-limits.ts';
import { type ObjectsOfFile, readObjects } from './read-objects.ts';
import { resolvePlainScalar, resolveSubstitutedScalar } from './resolve-plain-scalar.ts';

/** What an unquoted scalar means: as written, or behind a substitution. */
export type ScalarRule = 'written' | 'substituted';

/** A manifest to be read in the thread. */
export interface ReadTask {
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly limits: BuildLimits;
  readonly scalars: ScalarRule;
}

/** Reads a manifest: a small one at once, a large one in a thread, so that nothing else of this process waits for it. */
export type ReadManifest = (
  bytes: Buffer,
  file: string,
  options?: { readonly maxBytes?: number; readonly scalars?: ScalarRule },
) => Promise<ObjectsOfFile>;

const idleMs = 10_000;

/** The reader of a builder. No thread runs before the first large manifest, nor a while after the last. */
export function createManifestReader(limits: BuildLimits): ReadManifest {
  const thread = new WorkThread<ReadTask, string>({
    ...{ program: new URL('./read-worker.ts', import.meta.url), clock: systemClock, idleMs },
    timeoutMs: limits.readTimeoutMs,
    memory: { maxOldGenerationSizeMb: limits.maxReadMemoryBytes / 1_048_576, maxYoungGenerationSizeMb: 64, stackSizeMb: 4 },
  });
  return async (bytes, file, { maxBytes = limits.maxFileBytes, scalars = 'written' } = {}) => {
    const task = { bytes, file, limits: { ...limits, maxFileBytes: maxBytes }, scalars };
    if (bytes.length <= limits.maxInlineBytes || bytes.length > maxBytes) return readTask(task);
    return takeAnswer(await thread.ask(task), file);
  };
}

export function readTask({ bytes, file, limits, scalars }: ReadTask): ObjectsOfFile {
  const resolve = scalars === 'written' ? resolvePlainScalar : resolveSubstitutedScalar;
  const { buffer, byteOffset, byteLength } = bytes;
  return readObjects(Buffer.from(buffer, byteOffset, byteLength), file, limits, resolve);
}

/** JSON is read back faster than a tree of objects is copied. */
function takeAnswer(answer: ThreadAnswer<string>, file: string): ObjectsOfFile {
  if (answer.kind === 'answer') return JSON.parse(answer.answer) as ObjectsOfFile;
  return { objects: [], problems: [{ file, message: `it could not be read: ${answer.because}; split it` }] };
}
