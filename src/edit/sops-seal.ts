import { type Document, isMap } from 'yaml';
import { errorMessage } from '../core/index.ts';
import { keepsSopsMac } from '../sops/index.ts';
import { firstValue } from './node-text.ts';
import type { PlacedScalar } from './walk-scalars.ts';

/** Why a value must not be edited since SOPS would no longer decrypt its file; null where it may. */
export type SealCheck = (placed: Pick<PlacedScalar, 'document' | 'steps'>) => string | null;

const open: SealCheck = () => null;

/** A file is sealed by what stands in any of its documents: sops puts the same into each. */
export function createSealCheck(documents: readonly Document.Parsed[]): SealCheck {
  const sealed = documents.find((document) => isMap(document.contents) && isMap(firstValue(document.contents, 'sops')));
  if (sealed === undefined) return open;
  try {
    const { sops } = sealed.toJS() as Record<string, unknown>;
    const values = documents.map((document): unknown => ({ ...(document.toJS() as object), sops }));
    return ({ document, steps }) => {
      const verdict = keepsSopsMac(values[document], steps);
      return verdict.keeps ? null : `marker in a file that SOPS protects: ${verdict.because}`;
    };
  } catch (error) {
    return () => `marker in a file with SOPS metadata that cannot be read: ${errorMessage(error)}`;
  }
}
