import { expect, test } from 'vitest';
import { createEgressCheck, createEgressLookup } from '../../src/auth/index.ts';

test.for([
  { address: '169.254.169.254', because: 'metadata' },
  { address: '169.254.0.1', because: 'link-local' },
  { address: '100.100.100.200', because: 'metadata' },
  { address: '168.63.129.16', because: 'metadata' },
  { address: 'fe80::1', because: 'link-local' },
  { address: 'fe80::1%eth0', because: 'link-local with a zone' },
  { address: 'febf::1', because: 'link-local' },
  { address: 'fd00:ec2::254', because: 'metadata' },
  { address: '::ffff:169.254.169.254', because: 'mapped' },
  { address: '::ffff:a9fe:a9fe', because: 'mapped' },
  { address: '::169.254.169.254', because: 'compatible' },
  { address: '64:ff9b::169.254.169.254', because: 'NAT64' },
  { address: '2002:a9fe:a9fe::1', because: '6to4' },
  { address: '224.0.0.1', because: 'multicast' },
  { address: 'ff02::1', because: 'multicast' },
  { address: 'not-an-address', because: 'none' },
])('$address ($because) is never spoken to', ({ address }) => {
  expect(() => createEgressCheck({ allowLoopback: true })('evil.example', address)).toThrow(
    expect.objectContaining({ code: 'ADDRESS_FORBIDDEN' }),
  );
});

test.for(['8.8.8.8', '10.0.0.1', '192.168.1.1', '2606:4700::1', 'fd12:3456::1', '::ffff:8.8.8.8', '169.253.255.255'])(
  '%s is spoken to',
  (address) => {
    expect(createEgressCheck({ allowLoopback: false })('registry.example', address)).toBeUndefined();
  },
);

test.for(['127.0.0.1', '127.1.2.3', '0.0.0.0', '::1', '::', '::ffff:127.0.0.1'])(
  '%s only where loopback is allowed',
  (address) => {
    const isRefused = [true, false].map((allowLoopback) => {
      try {
        createEgressCheck({ allowLoopback })('localhost', address);
        return false;
      } catch {
        return true;
      }
    });
    expect(isRefused).toEqual([false, true]);
  },
);

test('further addresses can be forbidden', () => {
  const check = createEgressCheck({ allowLoopback: true, forbidden: ['10.96.0.1', 'fd00::1'] });
  for (const address of ['10.96.0.1', 'fd00::1']) expect(() => check('kubernetes.default', address)).toThrow('off limits');
});

test('a lookup answers with addresses that were checked', async () => {
  expect(await lookUp('127.0.0.1', true)).toEqual([{ address: '127.0.0.1', family: 4 }]);
});

test('a lookup of a forbidden address is the refusal', async () => {
  await expect(lookUp('127.0.0.1', false)).rejects.toMatchObject({ code: 'ADDRESS_FORBIDDEN' });
});

function lookUp(host: string, allowLoopback: boolean): Promise<unknown> {
  return new Promise((resolve, reject) => {
    createEgressLookup({ allowLoopback })(host, { all: true }, (error, addresses) =>
      error ? reject(error) : resolve(addresses),
    );
  });
}
