import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { converge } from '../faults/converge.ts';
import type { Deed, Passing } from '../faults/fault-proxy.ts';
import { assertInvariants } from '../faults/invariants.ts';
import { createRandom } from '../faults/random.ts';
import { openRound, type Round } from '../faults/round.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const skewedClock = new URL('../faults/skewed-clock.ts', import.meta.url).href;
const nothing = { name: 'bad answers', play: async () => {} };
const http = ['--http-addr', '127.0.0.1:0'];

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let round: Round;
beforeAll(async () => {
  round = await openRound(createRandom(1), {});
  await round.start({ flags: http });
  await converge(round);
  round.residentBytes = round.bot.residentBytes();
});
afterEach(() => round?.api.calm());
afterAll(() => round?.[Symbol.asyncDispose]());

const status = (code: number, reason: string) => ({ kind: 'Status', status: 'Failure', message: 'not now', reason, code });
const refuse = (code: number, reason: string, headers: Record<string, string> = {}) => ({
  ...{ status: code, body: JSON.stringify(status(code, reason)), headers },
});
const isWatch = ({ path }: Passing) => /[?&]watch=true/.test(path);
const expiredEvent = { status: 200, body: `${JSON.stringify({ type: 'ERROR', object: status(410, 'Expired') })}\n` };

/** While nothing goes, this is plenty for two dozen watches that back off; a loop without a pause sends it in a moment. */
const mostRequests = 250;
const illMs = 2500;

test.for<{ because: string; rule: (passing: Passing) => Deed }>([
  { because: 'every watch begins with 410', rule: (one) => (isWatch(one) ? expiredEvent : 'pass') },
  { because: 'every read is answered 410', rule: ({ method }) => (method === 'GET' ? refuse(410, 'Expired') : 'pass') },
  { because: '429, with a second to wait', rule: () => refuse(429, 'TooManyRequests', { 'retry-after': '1' }) },
  { because: '429, with no time to wait', rule: () => refuse(429, 'TooManyRequests', { 'retry-after': '0' }) },
  {
    because: '429, until a date of another clock',
    rule: () => refuse(429, 'TooManyRequests', { 'retry-after': wayOff, date: wayOff }),
  },
  { because: '500 to everything', rule: () => refuse(500, 'InternalError') },
  { because: 'writes are refused with 500', rule: ({ method }) => (method === 'GET' ? 'pass' : refuse(500, 'InternalError')) },
  { because: 'nothing is ever answered', rule: () => 'hang' },
])('$because: it asks seldom, and all comes true once the API is well', async ({ because, rule }) => {
  const before = round.api.count;
  round.api.play(rule);
  round.api.drop();
  await round.bump();
  await round.commit(because);
  await sleep(illMs);
  expect(round.api.count - before).toBeLessThan(mostRequests);
  round.api.calm();
  round.api.drop(); // what was never answered would be given up after a minute
  await converge(round);
});

const wayOff = new Date(Date.now() + 86_400_000).toUTCString();

test('a pause of an hour is an hour of the cluster, whatever the clock of whoever asks for it says', async () => {
  const { kubeconfig } = round.parts;
  const args = ['--import', skewedClock, main, 'pause', 'fleet', '--for', '1h', '-n', 'default', '--kubeconfig', kubeconfig];
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent', TAGALONG_TEST_SKEW_MS: String(-3 * 3_600_000) };
  await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], { env });
  const { metadata } = await round.loop.get('ImageUpdateAutomation', 'fleet');
  const leftMs = Date.parse(metadata.annotations?.['tagalong.dev/paused-until'] ?? '') - Date.now();
  expect(leftMs).toBeGreaterThan(50 * 60_000);
  expect(leftMs).toBeLessThan(61 * 60_000);
  const annotations = { 'tagalong.dev/paused-until': null };
  await round.loop.patch('ImageUpdateAutomation', 'fleet', { metadata: { annotations } });
});

test.for([
  { skewMs: 86_400_000, says: '24h0m0s ahead of' },
  { skewMs: -86_400_000, says: '24h0m0s behind' },
])('a clock that is $says the API server’s is told, and the loop goes on', async ({ skewMs, says }) => {
  await round.kill();
  await round.start({ skewMs, flags: http });
  await round.bot.started;
  await round.bump();
  await round.commit(`With a clock ${says} the others`);
  await converge(round);
  const sentence = expect.stringMatching(/^the clock of this machine is .* the API server's$/);
  const lines = readFileSync(round.logFile, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const warnings = lines.filter(({ msg }) => msg.startsWith('clocks are apart'));
  expect(warnings.at(-1)).toMatchObject({ level: 'warn', found: sentence });
  const { url } = lines.findLast(({ msg }) => msg === 'serving health and metrics') ?? {};
  const notes = (await (await fetch(`${url}/readyz`)).text()).trimEnd().split('\n');
  expect(notes).toEqual(['ok', sentence]);
  expect(approximate(notes[1] ?? '')).toBe(says);
});

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly url?: string;
}

/** A few seconds are what a busy machine takes. */
function approximate(note: string): string {
  const [, hours = '', minutes = '', way = ''] = /is (\d+)h(\d+)m\d+s (ahead of|behind)/.exec(note) ?? [];
  return `${Math.round(Number(hours) + Number(minutes) / 60)}h0m0s ${way}`;
}

test('nothing wrong was written, nothing was doubled, and it comes to rest', async () => {
  await assertInvariants(round, nothing);
});
