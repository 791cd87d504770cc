import { defineConfig } from 'vitest/config';

const common = { testTimeout: 60_000, hookTimeout: 60_000 };

/** `local` needs Node and git alone; `cluster` needs the real parts that test/real describes. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...common,
          name: 'local',
          include: ['test/**/*.test.ts'],
          exclude: ['test/real/**', 'test/cluster/**'],
          isolate: false,
        },
      },
      {
        test: {
          ...common,
          name: 'cluster',
          include: ['test/real/**/*.test.ts', 'test/cluster/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
