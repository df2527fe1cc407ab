/** Looks whether the port can be had before anything else is begun, and says it in one line if not. */
import { createServer } from 'node:net';
import type { Config } from '../config/settings.ts';
import { CannotStart } from '../failure/cannot-start.ts';

/** Where a machine has no IPv6, the addresses of the default are those that it has. */
export async function checkPort(config: Config): Promise<Config> {
  const present: string[] = [];
  for (const host of config.host) {
    const problem = await tryListen(config.port, host);
    if (problem?.code === 'EADDRNOTAVAIL' || problem?.code === 'EAFNOSUPPORT') {
      if (host === '::1' && config.host.includes('127.0.0.1')) continue;
    }
    if (problem) throw cannotListen(problem, config.port, host);
    present.push(host);
  }
  return { ...config, host: present };
}

/** The line for an error of `listen`; the error itself, if it is another. */
export function cannotListen(error: unknown, port: number, host = ''): unknown {
  const { code, address = host } = error as NodeJS.ErrnoException & { address?: string }; // as listen fails
  const reason = reasons[code ?? ''];
  return reason === undefined ? error : new CannotStart(`Port ${port} of ${address} cannot be used: ${reason}.`, 1, error);
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there (set KEYWARD_PORT to another port)',
  EACCES: 'ports below 1024 are for root (set KEYWARD_PORT to another port)',
  EADDRNOTAVAIL: 'this machine has no such address (set KEYWARD_HOST to one that it has)',
  EAFNOSUPPORT: 'this machine has no addresses of that kind (set KEYWARD_HOST to one that it has)',
};

const tryListen = (port: number, host: string): Promise<NodeJS.ErrnoException | undefined> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', resolve);
    probe.listen({ port, host, exclusive: true, ipv6Only: host === '::' }, () => probe.close(() => resolve(undefined)));
  });
