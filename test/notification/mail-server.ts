/** A real SMTP server that takes, refuses, stalls or drops mails, and hands what it took to the test; the way of text messages as well. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer, json } from 'node:stream/consumers';
import { after } from 'node:test';
import { SMTPServer } from 'smtp-server';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly messageId: string;
  readonly text: string;
  readonly html: string;
  readonly headers: string;
}

/** What the server does with a mail: at its recipient (`refuse…`) or after its text. `lose`: it is taken, and the connection dropped before that is said. */
export type Manner = 'take' | 'refuse as busy' | 'refuse for good' | 'refuse relaying' | 'stall' | 'drop' | 'lose';

const ANSWERS = {
  'refuse as busy': [451, '4.3.0 try again later'],
  'refuse for good': [550, '5.1.1 no such mailbox'],
  'refuse relaying': [554, '5.7.1 relaying denied'],
} as const satisfies Partial<Record<Manner, readonly [number, string]>>;

export class Events<T> {
  readonly #come: T[] = [];
  readonly #waiting: ((event: T) => void)[] = [];

  push(event: T): void {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(event);
    else this.#come.push(event);
  }

  /** The next one, when it comes. */
  next(): Promise<T> {
    const [first] = this.#come.splice(0, 1);
    return first === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(first);
  }

  /** Those that have come and were not asked for. */
  get left(): readonly T[] {
    return this.#come;
  }
}

export interface MailServer {
  readonly url: string;
  readonly port: number;
  /** Taken mails. */
  readonly mails: Events<Mail>;
  /** Every attempt: its recipient, and what was done. */
  readonly attempts: Events<{ readonly to: string; readonly manner: Manner }>;
  manner: Manner | ((to: string) => Manner);
}

/** Closed after the tests of the file that calls it. `port`: a certain one. */
export async function mailServer(manner: MailServer['manner'] = 'take', port = 0): Promise<MailServer> {
  const state = { manner, mails: new Events<Mail>(), attempts: new Events<{ to: string; manner: Manner }>() };
  /** Decided once a mail, at its recipient. */
  const decided = new Map<string, Manner>();
  const mannerFor = (to: string) => (typeof state.manner === 'function' ? state.manner(to) : state.manner);
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    closeTimeout: 100,
    onRcptTo({ address }, { id }, answer) {
      const wanted = mannerFor(address);
      decided.set(id, wanted);
      const refusal = wanted in ANSWERS ? ANSWERS[wanted as keyof typeof ANSWERS] : undefined; // just looked up
      if (!refusal) return answer();
      state.attempts.push({ to: address, manner: wanted });
      answer(Object.assign(new Error(refusal[1]), { responseCode: refusal[0] }));
    },
    onData(stream, session, answer) {
      const to = session.envelope.rcptTo[0]?.address ?? '';
      buffer(stream).then((bytes) => {
        const wanted = decided.get(session.id) ?? 'take';
        state.attempts.push({ to, manner: wanted });
        if (wanted === 'stall') return;
        if (wanted !== 'drop') state.mails.push(parsed(to, bytes.toString('latin1')));
        if (wanted === 'take') return answer();
        for (const connection of server.connections) if (connection.session.id === session.id) connection._socket.destroy();
      }, answer); // a client that went away in the middle of its text
    },
  });
  server.on('error', () => undefined); // a client that was killed
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  after(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const { port: taken } = server.server.address() as AddressInfo; // of a TCP server that listens
  return Object.assign(state, { port: taken, url: `smtp://127.0.0.1:${taken}` });
}

/** The mails of nodemailer: multipart/alternative of text and HTML, in quoted-printable or base64. */
function parsed(to: string, raw: string): Mail {
  const [head = '', ...rest] = raw.split('\r\n\r\n');
  const headers = head.replace(/\r\n[ \t]+/g, ' ');
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'mi').exec(headers)?.[1] ?? '';
  const boundary = /boundary="([^"]+)"/.exec(headers)?.[1] ?? '';
  const parts = rest.join('\r\n\r\n').split(`--${boundary}`);
  const part = (type: string) => {
    const found = parts.find((text) => text.includes(`Content-Type: ${type}`)) ?? '';
    const start = found.indexOf('\r\n\r\n');
    return decoded(found.slice(start + 4), /Content-Transfer-Encoding: (\S+)/.exec(found.slice(0, start))?.[1] ?? '');
  };
  return {
    to,
    subject: words(header('Subject')),
    messageId: header('Message-ID'),
    text: part('text/plain'),
    html: part('text/html'),
    headers,
  };
}

function decoded(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString();
  if (encoding !== 'quoted-printable') return Buffer.from(body, 'latin1').toString().replaceAll('\r\n', '\n');
  const bytes = body.replace(/=\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString().replaceAll('\r\n', '\n');
}

/** RFC 2047. */
function words(text: string): string {
  return text.replace(/\?=\s+=\?/g, '?==?').replace(/=\?UTF-8\?([QB])\?([^?]*)\?=/gi, (_, kind: string, word: string) =>
    kind.toUpperCase() === 'B'
      ? Buffer.from(word, 'base64').toString()
      : Buffer.from(
          word.replaceAll('_', ' ').replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
          'latin1',
        ).toString(),
  );
}

export interface Post {
  readonly headers: IncomingHttpHeaders;
  readonly body: Readonly<Record<string, string>>;
}

export interface Webhook {
  readonly url: string;
  readonly posts: Events<Post>;
  /** What it answers. */
  status: number;
}

export async function webhook(): Promise<Webhook> {
  const state = { posts: new Events<Post>(), status: 200 };
  const server = createServer(async (request, response) => {
    const body = (await json(request)) as Post['body']; // what Keyward posts
    response.writeHead(state.status).end();
    state.posts.push({ headers: request.headers, body });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  const { port } = server.address() as AddressInfo; // of a TCP server that listens
  return Object.assign(state, { url: `http://robot:s%2Fecret@127.0.0.1:${port}/hook` });
}
