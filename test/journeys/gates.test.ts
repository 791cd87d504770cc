import { expect, test } from 'vitest';
import { applyGuard, automationWaits, guardedFor, minuteMs, startGate } from './support/guard-loop.ts';
import { secret, updateGuard } from './support/resources.ts';
import { startLoop } from './support/start-loop.ts';

const web = 'apps/web.yaml';
const json = (status: number, body: unknown) => (response: import('node:http').ServerResponse) => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
const expression = 'response.status == 200 && response.body.allowed == true';

test('a gate is told of the bump, and lets it land when it says yes', async () => {
  await using gate = await startGate(json(200, { allowed: false }));
  await using loop = await startLoop({ extra: [secret('gate', { token: 'sesame' })] });
  await loop.settles();
  await applyGuard(loop, updateGuard({ gate: { url: gate.url, expression, cacheFor: '1m', secretRef: { name: 'gate' } } }));
  await loop.pushTag('web', '1.1.0');
  const [closed] = await guardedFor(loop, 'GateClosed');
  expect(closed?.message).toContain('says no (it answered 200)');
  const { digest: _, ...body } = (gate.asked[0]?.body ?? {}) as Record<string, unknown>;
  expect({ body, authorization: gate.asked[0]?.authorization }).toEqual({
    body: {
      policy: 'default/web',
      automation: 'default/fleet',
      image: loop.image('web', '1.1.0').split(':1.1.0')[0],
      tag: '1.1.0',
    },
    authorization: 'Bearer sesame',
  });
  const asked = gate.asked.length;
  for (let round = 0; round < 3; round += 1) await loop.request('ImageUpdateAutomation', 'fleet');
  expect(gate.asked).toHaveLength(asked);
  gate.answer = json(200, { allowed: true });
  loop.clock.skip(minuteMs);
  await loop.lands(web, ':1.1.0');
});

test.for([
  { because: 'an error', answer: json(500, { allowed: true }), gate: {}, reason: 'GateClosed', says: 'it answered 500' },
  {
    because: 'nonsense',
    answer: (response: import('node:http').ServerResponse) => void response.end('<html>'),
    gate: {},
    reason: 'GateUnavailable',
    says: 'its expression fails',
  },
  {
    because: 'no bool',
    answer: json(200, { allowed: true }),
    gate: { expression: '"yes"' },
    reason: 'GateUnavailable',
    says: 'no bool',
  },
  {
    because: 'a mistake in the expression',
    answer: json(200, {}),
    gate: { expression: 'response.status ==' },
    reason: 'GateUnavailable',
    says: 'its expression fails',
  },
  {
    because: 'silence',
    answer: () => {},
    gate: { timeout: '200ms' },
    reason: 'GateUnavailable',
    says: 'nothing came within 0.2s',
  },
  {
    because: 'a redirect',
    answer: (response: import('node:http').ServerResponse) =>
      void response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end('{}'),
    gate: {},
    reason: 'GateClosed',
    says: 'it answered 307',
  },
  {
    because: 'an endless answer',
    answer: (response: import('node:http').ServerResponse) => void response.end(Buffer.alloc(3_000_000, 'a')),
    gate: {},
    reason: 'GateUnavailable',
    says: 'gives no answer',
  },
  {
    because: 'the metadata address',
    answer: () => {},
    gate: { url: 'http://169.254.169.254/latest/meta-data/' },
    reason: 'GateUnavailable',
    says: 'is not allowed',
  },
  {
    because: 'the metadata address in disguise',
    answer: () => {},
    gate: { url: 'http://[::ffff:a9fe:a9fe]/' },
    reason: 'GateUnavailable',
    says: 'is not allowed',
  },
  {
    because: 'a port nobody listens on',
    answer: () => {},
    gate: { url: 'http://127.0.0.1:1/' },
    reason: 'GateUnavailable',
    says: 'gives no answer',
  },
])('a gate that answers $because stays closed, and says so', async ({ answer, gate: difference, reason, says }) => {
  await using gate = await startGate(answer);
  await using loop = await startLoop();
  await loop.settles();
  await applyGuard(loop, updateGuard({ gate: { url: gate.url, expression, ...difference } }));
  await loop.pushTag('web', '1.1.0');
  const [closed] = await guardedFor(loop, reason);
  expect(closed?.message).toContain(says);
  await automationWaits(loop, reason);
  expect(await loop.main.file(web)).toContain(':1.0.0');
});
