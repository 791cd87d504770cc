import { type LookupAddress, type LookupOptions, lookup as resolve } from 'node:dns';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { AuthError } from './error.ts';

/** Throws ADDRESS_FORBIDDEN if `host`, which is at `address`, must not be spoken to. */
export type CheckAddress = (host: string, address: string) => void;

export interface EgressOptions {
  /** Whether this machine itself may be spoken to: where the bot runs outside a cluster. */
  readonly allowLoopback: boolean;
  /** Further addresses never to speak to, such as the API server's. */
  readonly forbidden?: readonly string[];
}

/** The shape of `dns.lookup`, as `net.connect` and undici take it. */
export type Lookup = (
  hostname: string,
  options: LookupOptions,
  callback: (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void,
) => void;

/**
 * The one rule about addresses that somebody else chose (design, section 13): link-local, metadata, unspecified, multicast
 * and broadcast addresses never, this machine's only if allowed, also where they hide in an IPv6 form of an IPv4 address.
 */
export function createEgressCheck({ allowLoopback, forbidden = [] }: EgressOptions): CheckAddress {
  const denied = createBlockList(forbidden);
  return (host, address) => {
    const plain = unwrapAddress(address);
    const family = isIPv6(plain) ? 'ipv6' : 'ipv4';
    if (isIP(plain) === 0) throw refuse(host, address, 'which is not an address');
    if (denied.check(plain, family)) throw refuse(host, address, 'which is link-local, metadata or otherwise off limits');
    if (!allowLoopback && loopback.check(plain, family)) throw refuse(host, address, 'which is this machine itself');
  };
}

/** A `dns.lookup` that answers only with addresses the check lets through, so that what was checked is what is connected to. */
export function createEgressLookup(options: EgressOptions | CheckAddress): Lookup {
  const check = typeof options === 'function' ? options : createEgressCheck(options);
  return (hostname, { all, ...lookupOptions }, callback) => {
    resolve(hostname, { ...lookupOptions, all: true }, (error, addresses) => {
      if (error) return callback(error, []);
      const { allowed, refusal } = sift(hostname, addresses, check);
      const [first] = allowed;
      if (first === undefined) return callback(refusal ?? refuse(hostname, '', 'no address at all'), []);
      return all ? callback(null, allowed) : callback(null, first.address, first.family);
    });
  };
}

function sift(host: string, addresses: readonly LookupAddress[], check: CheckAddress) {
  const allowed: LookupAddress[] = [];
  let refusal: Error | undefined;
  for (const candidate of addresses) {
    try {
      check(host, candidate.address);
      allowed.push(candidate);
    } catch (error) {
      refusal = error instanceof Error ? error : new Error(String(error));
    }
  }
  return { allowed, refusal };
}

function refuse(host: string, address: string, because: string): AuthError {
  return new AuthError('ADDRESS_FORBIDDEN', `connecting to ${host} is not allowed: it is at ${address}, ${because}`);
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addSubnet('0.0.0.0', 8); // on Linux the unspecified address reaches this machine
loopback.addAddress('::1', 'ipv6');
loopback.addAddress('::', 'ipv6');

function createBlockList(further: readonly string[]): BlockList {
  const list = new BlockList();
  list.addSubnet('169.254.0.0', 16); // link-local: most clouds' metadata
  list.addSubnet('224.0.0.0', 4);
  list.addAddress('255.255.255.255');
  list.addAddress('100.100.100.200'); // Alibaba Cloud's metadata
  list.addAddress('168.63.129.16'); // Azure's wire server
  list.addAddress('192.0.0.192'); // Oracle Cloud's metadata
  list.addSubnet('fe80::', 10, 'ipv6');
  list.addSubnet('ff00::', 8, 'ipv6');
  list.addAddress('fd00:ec2::254', 'ipv6'); // AWS
  list.addAddress('fd00:ec2::23', 'ipv6'); // AWS, credentials of pods
  list.addAddress('fd20:ce::254', 'ipv6'); // Google Cloud
  for (const address of further) list.addAddress(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  return list;
}

/** Takes the zone, the brackets, and an embedded IPv4 address (mapped, compatible, NAT64, 6to4) out of an IPv6 address. */
function unwrapAddress(address: string): string {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  if (!isIPv6(bare)) return bare;
  const groups = expandGroups(bare);
  const [, second = 0, third = 0] = groups;
  const leading = groups.slice(0, 6).join(':');
  if (leading === '0:0:0:0:0:65535' || leading === '100:65435:0:0:0:0') return joinIPv4(groups[6] ?? 0, groups[7] ?? 0);
  if (leading === '0:0:0:0:0:0' && (groups[6] ?? 0) !== 0) return joinIPv4(groups[6] ?? 0, groups[7] ?? 0);
  if (groups[0] === 0x2002) return joinIPv4(second, third);
  return bare;
}

/** The eight 16-bit numbers of a valid IPv6 address. */
function expandGroups(address: string): number[] {
  const { hostname } = new URL(`http://[${address}]`); // writes a dotted tail as hexadecimal, and lower case
  const [head = '', tail] = hostname.slice(1, -1).split('::');
  const parse = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  if (tail === undefined) return parse(head);
  const [left, right] = [parse(head), parse(tail)];
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

function joinIPv4(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
