// Reads a report of vitest's JSON reporter and prints "PASSED FAILED". A file that did not load counts as a failure;
// so do skipped tests, with --no-skips. A run that failed although no test did counts as one.
//
//   node .ci/count-tests.mjs REPORT EXIT_CODE [--no-skips]
import { readFileSync } from 'node:fs';

const [report, exitCode, ...flags] = process.argv.slice(2);

const { passed, failed } = countTests();
console.log(`${passed} ${failed === 0 && exitCode !== '0' ? 1 : failed}`);

function countTests() {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
    const unloaded = testResults.filter((file) => file.status === 'failed' && !file.assertionResults.some(hasFailed));
    const skipped = flags.includes('--no-skips') ? testResults.flatMap((file) => file.assertionResults.filter(wasSkipped)) : [];
    for (const file of unloaded) console.error(`counted as failed, for it did not load: ${file.name}`);
    for (const test of skipped) console.error(`counted as failed, for it was skipped: ${test.fullName}`);
    return { passed: numPassedTests, failed: numFailedTests + unloaded.length + skipped.length };
  } catch (error) {
    console.error(`counted as one failure: no report was written (${error.message})`);
    return { passed: 0, failed: 1 };
  }
}

function hasFailed(test) {
  return test.status === 'failed';
}

function wasSkipped(test) {
  return test.status !== 'passed' && test.status !== 'failed';
}
