/** Which addresses the server may call on behalf of a client: public ones, and the private networks that the configuration allows. */
import { BlockList, isIP, isIPv6 } from 'node:net';

/**
 * Whatever is not for everybody: this host, private and shared networks, link-local (cloud metadata lies there), tests, multicast, and
 * ways to write an IPv4 address as an IPv6 one (IANA's special-purpose registries; RFC 6890).
 */
const SPECIAL_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** Of IPv6 only 2000::/3 is given out, and of that not these. */
const GLOBAL_IPV6 = ['2000::/3'];
const SPECIAL_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const specialIPv4 = listOf(SPECIAL_IPV4);
const globalIPv6 = listOf(GLOBAL_IPV6);
const specialIPv6 = listOf(SPECIAL_IPV6);

/** A decision on addresses, made once from the setting `outboundNetworks`. */
export class Reachable {
  readonly #allowed: BlockList;

  /** `allowed`: networks that may be called although they are not public (`10.0.0.0/8`, `::1/128`, or a single address). */
  constructor(allowed: readonly string[]) {
    this.#allowed = listOf(allowed);
  }

  /** Whether an IP address may be called; what is no address may not. */
  has(address: string): boolean {
    const plain = plainAddress(address);
    if (isIP(plain) === 0) return false;
    if (this.#allowed.check(plain, familyOf(plain))) return true;
    return isIPv6(plain) ? globalIPv6.check(plain, 'ipv6') && !specialIPv6.check(plain, 'ipv6') : !specialIPv4.check(plain, 'ipv4');
  }
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    if (bits === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(bits), familyOf(address));
  }
  return list;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}

/** Without a zone; an IPv4 address that is mapped into IPv6 (RFC 4291 2.5.5.2), however it is written, as what it is. */
export function plainAddress(given: string): string {
  const address = given.replace(/%.*$/, '');
  if (!isIPv6(address)) return address;
  const [, high, low] = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(new URL(`http://[${address}]`).hostname) ?? [];
  if (high === undefined || low === undefined) return address;
  const bits = Number.parseInt(high, 16) * 0x10000 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 0xff).join('.');
}
