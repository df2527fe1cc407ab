/** The host that selects the tenant: what the client asked for, or what a configured proxy says it was (reference/instance-and-setup.md 2.1). */
import { BlockList, isIPv6 } from 'node:net';
import type { Exchange } from './exchange.ts';

export type HostOf = (exchange: Exchange) => string;

/** Reads the host of a request. Forwarded headers count only from peers within one of the networks (`10.0.0.0/8`, `::1/128`, or a single address). */
export function hostReader(networks: readonly string[]): HostOf {
  if (networks.length === 0) return (exchange) => exchange.authority;
  const proxies = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) proxies.addAddress(address, family);
    else proxies.addSubnet(address, Number(bits), family);
  }
  return (exchange) => (isProxy(proxies, exchange.peer) ? forwardedHost(exchange) : undefined) ?? exchange.authority;
}

function isProxy(proxies: BlockList, peer: string | undefined): boolean {
  if (peer === undefined) return false;
  // A dual-stack socket shows an IPv4 peer as ::ffff:192.0.2.1.
  const address = peer.startsWith('::ffff:') ? peer.slice(7) : peer;
  return proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** In this order; the first that names a host wins. */
function forwardedHost(exchange: Exchange): string | undefined {
  return (
    plain(exchange.header('x-zitadel-instance-host')) ??
    element(exchange.header('forwarded')) ??
    element(exchange.header('x-zitadel-forwarded')) ??
    plain(exchange.header('x-forwarded-host'))
  );
}

/** The first of a list of hosts; none where its port is no number. */
function plain(value: string | undefined): string | undefined {
  const host = value?.split(',')[0]?.trim();
  return host === undefined || host === '' || !/^(\[[0-9a-f:.]+\]|[^:]*)(:\d{1,5})?$/i.test(host) ? undefined : host;
}

/** `host=` of the first element of a Forwarded header (RFC 7239 4). */
function element(value: string | undefined): string | undefined {
  const [, quoted, token] = /(?:^|;)\s*host=(?:"([^"]*)"|([^;,\s]*))/i.exec(value?.split(',')[0] ?? '') ?? [];
  return plain(quoted ?? token);
}
