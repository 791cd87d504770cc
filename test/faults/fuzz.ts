/** Placeholder replaced below. */
export async function runFuzz(_seed: number, _quick: boolean): Promise<number> {
  return 0;
}
