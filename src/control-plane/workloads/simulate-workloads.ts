import type { Log } from '../../core/index.ts';
import type { ObjectApi } from '../objects/object-api.ts';

/** Whether an image can be pulled. */
export type CanPull = (image: string) => Promise<boolean> | boolean;

export function simulateWorkloads(_api: ObjectApi, _canPull: CanPull, _log: Log): () => void {
  return () => {};
}
