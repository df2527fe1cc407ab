/** Calls one after the other, over REST on one connection, each with the host of its tenant: what a call costs when nothing waits for it. */
import { Agent, request } from 'node:http';

export interface RestCall {
  readonly host: string;
  readonly token: string;
  readonly verb: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
}

export interface Answered {
  readonly ms: number;
  readonly body: unknown;
}

export class OneByOne {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor({ port }: { readonly port: number }) {
    this.#port = port;
  }

  /** Rejects where the answer is no success. */
  ask({ host, token, verb, path, body }: RestCall): Promise<Answered> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      host,
      authorization: `Bearer ${token}`,
      ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    };
    return new Promise((resolve, reject) => {
      const begun = performance.now();
      const sent = request({ host: '127.0.0.1', port: this.#port, agent: this.#agent, method: verb, path, headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('end', () => {
          const ms = performance.now() - begun;
          const said = Buffer.concat(parts).toString();
          if ((answer.statusCode ?? 500) < 300) resolve({ ms, body: JSON.parse(said) });
          else reject(new Error(`${verb} ${path} at ${host}: ${answer.statusCode} ${said}`));
        });
        answer.on('error', reject);
      });
      sent.on('error', reject);
      sent.end(text);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Of the durations of calls. */
export function median(ms: readonly number[]): number {
  const sorted = ms.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
