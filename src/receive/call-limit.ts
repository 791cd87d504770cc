/** Lets a number of calls through at once and then so many each second, for each key by itself. */
export interface CallLimit {
  /** False where the key has used up what it may. */
  take(key: string, nowMs: number): boolean;
}

export function createCallLimit({ burst, perSecond }: { readonly burst: number; readonly perSecond: number }): CallLimit {
  const buckets = new Map<string, { left: number; at: number }>();
  return {
    take(key, nowMs) {
      const bucket = buckets.get(key) ?? { left: burst, at: nowMs };
      const passedMs = Math.max(0, nowMs - bucket.at);
      const left = Math.min(burst, bucket.left + (passedMs / 1000) * perSecond);
      buckets.set(key, { left: Math.max(0, left - 1), at: nowMs });
      return left >= 1;
    },
  };
}
