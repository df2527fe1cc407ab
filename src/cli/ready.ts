/** `keyward ready`: asks the server on this machine whether it is ready, as a health check of a container does. */
import { get as getPlain } from 'node:http';
import { get as getSecure } from 'node:https';
import type { Config } from '../config/settings.ts';
import { CannotStart } from '../failure/cannot-start.ts';

const LONGEST_MS = 5000;

export async function ready({ host, port, tlsCertFile }: Config): Promise<void> {
  const [first = '127.0.0.1'] = host;
  const options = { host: loopback[first] ?? first, port, path: '/debug/ready', timeout: LONGEST_MS };
  const status = await new Promise<number | string>((resolve) => {
    // the certificate is made for another name than this machine's loopback address
    const request = tlsCertFile === undefined ? getPlain(options) : getSecure({ ...options, rejectUnauthorized: false });
    request.once('response', (response) => resolve(response.statusCode ?? 0));
    request.once('timeout', () => request.destroy(new Error('no answer in time')));
    request.once('error', (error) => resolve(error.message || 'nothing listens there'));
  });
  if (status !== 200) throw new CannotStart(`not ready: ${status} from ${options.host}:${port}/debug/ready`);
  process.exit(0);
}

/** "Every address" is none that one can connect to. */
const loopback: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
