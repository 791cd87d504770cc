import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));

/** The fuzzed tests of test/security with many more runs; returns the exit code. */
export async function runFuzz(seed: number, isQuick: boolean): Promise<number> {
  const runs = isQuick ? 2_000 : 50_000;
  console.log(`${runs} runs of each property; replay: npm run faults -- --fuzz --seed ${seed}${isQuick ? ' --quick' : ''}`);
  const args = ['run', '--project', 'local', 'test/security/hostile-input.test.ts', '--testTimeout=3600000'];
  const env = { ...process.env, FUZZ_RUNS: String(runs), FUZZ_SEED: String(seed) };
  const child = spawn(process.execPath, [vitest, ...args], { stdio: 'inherit', env });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}
