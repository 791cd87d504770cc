import type { Fault } from './fault.ts';
import type { Deed, Passing } from './fault-proxy.ts';
import type { Round } from './round.ts';

const isWatch = ({ path }: Passing) => /[?&]watch=(true|1)/.test(path);
const isWrite = ({ method }: Passing) => method !== 'GET';
const status = (code: number, reason: string, message: string) =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code });

/** The most requests a second that are fine while everything fails. */
const requestsPerSecond = 150;

/** Bumps and commits while `rule` decides about requests to the API, then calms down. */
async function during(round: Round, rule: (passing: Passing) => Deed, act?: () => void): Promise<void> {
  const before = round.api.count;
  const start = performance.now();
  round.api.play(rule);
  act?.();
  await round.bump();
  await round.wait(500, 1500);
  if (round.random.chance(0.5)) await round.commit('While the API was ill');
  act?.();
  await round.wait(500, 2500);
  const seconds = (performance.now() - start) / 1000;
  const perSecond = (round.api.count - before) / seconds;
  if (perSecond > requestsPerSecond) throw new Error(`${Math.round(perSecond)} requests a second to an API that is ill`);
  round.api.calm();
}

export const apiFaults: readonly Fault[] = [
  {
    name: 'api-restart',
    play: (round) =>
      during(
        round,
        () => 'hang-up',
        () => round.api.drop(),
      ),
  },
  {
    name: 'api-500',
    play: (round) =>
      during(
        round,
        some(round, () => answer(500, 'InternalError', 'etcdserver: leader changed')),
      ),
  },
  {
    name: 'api-hangs',
    async play(round) {
      await during(round, () => 'hang');
      round.api.drop(); // else what waits there is given up after a minute
    },
  },
  { name: 'api-503-all', play: (round) => during(round, () => answer(503, 'ServiceUnavailable', 'apiserver is shutting down')) },
  {
    name: 'api-429',
    play: (round) =>
      during(
        round,
        some(round, () => ({ ...answer(429, 'TooManyRequests', 'please wait'), headers: { 'retry-after': '1' } })),
      ),
  },
  {
    name: 'api-409',
    play: (round) =>
      during(
        round,
        some(round, (one) => (isWrite(one) ? conflict : 'pass')),
      ),
  },
  {
    name: 'api-slow',
    play: (round) => during(round, (one) => (isWatch(one) ? 'pass' : { delayMs: round.random.between(50, 1500) })),
  },
  {
    name: 'api-answers-lost',
    play: (round) =>
      during(
        round,
        some(round, (one) => (isWatch(one) ? 'pass' : 'lose-answer')),
      ),
  },
  {
    name: 'api-watch-dropped',
    play: (round) =>
      during(
        round,
        (one) => (isWatch(one) && round.random.chance(0.7) ? 'hang-up' : 'pass'),
        () => round.api.drop(),
      ),
  },
  {
    name: 'api-410',
    play: (round) =>
      during(
        round,
        (one) => (isWatch(one) ? round.random.pick([expired, answer(410, 'Gone', 'too old resource version')]) : 'pass'),
        () => round.api.drop(),
      ),
  },
  {
    name: 'api-garbage',
    play: (round) =>
      during(
        round,
        some(round, () => ({ status: 200, body: round.random.pick(garbage) })),
        () => round.api.drop(),
      ),
  },
  ...[-86_400_000, 86_400_000, 3_600_000].map(
    (skewMs): Fault => ({
      name: `clock-${skewMs < 0 ? 'behind' : 'ahead'}-${Math.abs(skewMs) / 3_600_000}h`,
      async play(round) {
        await round.kill();
        await round.start({ skewMs });
        await round.bump();
        await round.wait(200, 2000);
        await round.kill();
        await round.start();
        await round.bump();
      },
    }),
  ),
];

/** Two of three requests, those that are chosen by chance. */
function some({ random }: Round, deed: (passing: Passing) => Deed): (passing: Passing) => Deed {
  return (passing) => (random.chance(0.66) ? deed(passing) : 'pass');
}

function answer(code: number, reason: string, message: string) {
  return { status: code, body: status(code, reason, message) };
}

const conflict = answer(409, 'Conflict', 'the object has been modified; please apply your changes to the latest version');
const expired = {
  status: 200,
  body: `${JSON.stringify({ type: 'ERROR', object: JSON.parse(status(410, 'Expired', 'too old resource version')) })}\n`,
};
export const garbage: readonly string[] = [
  '',
  'null',
  '[]',
  '{"items":null}',
  '{"kind":"List","items":[null,1,{"metadata":null}]}',
  '{"__proto__":{"polluted":true},"metadata":{"name":"x"}}',
  '<html>502 Bad Gateway</html>',
  '{"metadata":{"name":',
  '\u0000\uffff\u001b[31m',
  `${'['.repeat(20_000)}`,
];
