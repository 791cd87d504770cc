import { applyModeOf, type DriftDecision, type DriftRecord, manifestDigest } from '../apply/index.ts';
import type { KubeObject } from '../core/index.ts';
import type { Look } from './kind-watches.ts';

/** Why an object is or is not looked at with a dry run. */
export interface Candidacy {
  readonly do: 'send' | 'leave' | 'skip';
  readonly because: string;
}

export interface CandidateFacts {
  readonly record: DriftRecord | null;
  readonly look: Look;
  readonly drift: DriftDecision;
  /** Somebody else insists on another value: left alone until the interval. */
  readonly contested: boolean;
  /** The interval is over, or somebody asked: what no watch can tell is looked at too. */
  readonly full: boolean;
}

/** Decides, without a request, whether an object has to be sent: it changed in git, it drifted, or nothing is known about it. */
export function decideCandidate(manifest: KubeObject, facts: CandidateFacts): Candidacy {
  const { record, look, drift, contested, full } = facts;
  const live = look.state === 'seen' ? (look.object as KubeObject) : null;
  const mode = applyModeOf(manifest, live);
  if (mode.do === 'skip') return { do: 'skip', because: mode.because };
  if (mode.policy === 'ifNotPresent' && look.state === 'unknown' && record !== null && !full)
    return { do: 'leave', because: 'it was created before' };
  if (record === null) return { do: 'send', because: 'nothing is recorded about it' };
  if (record.manifestDigest !== manifestDigest(manifest)) return { do: 'send', because: 'its manifest changed' };
  if (look.state === 'unknown') return full ? { do: 'send', because: look.because } : { do: 'leave', because: look.because };
  if (drift.do === 'nothing') return { do: 'leave', because: drift.because };
  if (contested && !full) return { do: 'leave', because: 'somebody else insists on another value' };
  return { do: 'send', because: drift.because };
}
