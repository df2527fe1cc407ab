/** What of the world outside a handler may ask, with the configured limits: `call.outside`. */
import { fetchOutside, type OutsideOptions } from './fetch.ts';
import { Reachable } from './networks.ts';
import { resolveTxt } from './txt.ts';

export class Outside {
  /** For libraries that take a function like `fetch`, by way of `fetchOutside`. */
  readonly reachable: Reachable;
  readonly #nameServers: readonly string[];

  constructor({
    outboundNetworks,
    nameServers,
  }: { readonly outboundNetworks: readonly string[]; readonly nameServers: readonly string[] }) {
    this.reachable = new Reachable(outboundNetworks);
    this.#nameServers = nameServers;
  }

  /** As `fetchOutside` (fetch.ts). */
  fetch(url: string | URL, options: Omit<OutsideOptions, 'reachable'> = {}): Promise<Response> {
    return fetchOutside(url, { ...options, reachable: this.reachable });
  }

  /** As `resolveTxt` (txt.ts). */
  txt(name: string): Promise<readonly string[]> {
    return resolveTxt(name, this.#nameServers);
  }
}
