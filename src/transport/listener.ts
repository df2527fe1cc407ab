/** One TCP port for HTTP/1.1 and HTTP/2: told apart by the first bytes, or by ALPN under TLS. */
import http from 'node:http';
import http2, { type Http2Session, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import net, { type AddressInfo, type Socket } from 'node:net';
import tls from 'node:tls';
import { type Exchange, Http1Exchange, Http2Exchange } from './exchange.ts';
import type { Limits } from './limits.ts';

export interface Tls {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

export interface Listener {
  /** Begins to listen; rejects where an address is taken. Port 0 takes any, the same on all hosts. */
  listen(port: number, hosts: readonly string[]): Promise<readonly AddressInfo[]>;
  /** Stops accepting, tells clients to go (GOAWAY, `connection: close`), waits for calls in flight up to the limit, then cuts. */
  close(): Promise<void>;
}

export function createListener(serve: (exchange: Exchange) => void, limits: Limits, secure: Tls | undefined): Listener {
  const open = new Set<Exchange>();
  const sockets = new Set<Socket>();
  /** HTTP/2 connections with the number of their open streams. */
  const sessions = new Map<Http2Session, number>();
  const doors: net.Server[] = [];
  let closing = false;
  let changed = (): void => {};

  const begin = (exchange: Exchange): void => {
    open.add(exchange);
    serve(exchange);
  };
  const end = (exchange: Exchange): void => {
    open.delete(exchange);
    if (closing) changed();
  };

  const count = (session: Http2Session, change: 1 | -1): void => {
    const before = sessions.get(session);
    if (before !== undefined) sessions.set(session, before + change);
  };

  const h1 = http.createServer(
    {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.headersMs + limits.bodyMs,
      keepAliveTimeout: limits.idleMs,
      connectionsCheckingInterval: 1000,
    },
    (request, response) => {
      const exchange = new Http1Exchange(request, response);
      if (closing) exchange.closeAfterAnswer();
      response.on('close', () => end(exchange));
      begin(exchange);
    },
  );
  // The sockets come from elsewhere; the timers of the server start with its first listener.
  h1.timeout = limits.idleMs;

  const h2 = http2.createServer({
    // A blank around a header's value does no harm, as over HTTP/1.1; RFC 9113 8.2.1 would have it dropped.
    strictFieldWhitespaceValidation: false,
    maxSessionMemory: 64,
    settings: {
      maxConcurrentStreams: limits.streams,
      maxHeaderListSize: limits.headerBytes,
      initialWindowSize: 256 * 1024,
      enablePush: false,
    },
  });
  h2.on('session', (session) => {
    sessions.set(session, 0);
    // By default a connection takes 64 KiB before the first window update: too little for several bodies at once.
    session.setLocalWindowSize(1024 * 1024);
    session.setTimeout(limits.idleMs, () => {
      if (sessions.get(session) === 0) session.close();
    });
    session.on('error', () => session.destroy());
    session.on('close', () => sessions.delete(session));
    if (closing) session.close();
  });
  h2.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, raw: string[]) => {
    const exchange = new Http2Exchange(stream, headers, flags, raw);
    const { session } = stream;
    if (session !== undefined) count(session, 1);
    // A reset by the client says nothing that the exchange does not notice itself.
    stream.on('error', () => {});
    stream.on('close', () => {
      if (session !== undefined) count(session, -1);
      end(exchange);
    });
    begin(exchange);
  });
  h2.on('sessionError', () => {});

  const sweep = setInterval(() => cutSlow(open, limits), 1000);
  sweep.unref();

  const accept = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setNoDelay(true);
    if (secure === undefined) tellApart(socket, limits, (protocol) => (protocol === 2 ? h2 : h1).emit('connection', socket));
  };

  const newDoor = (): net.Server => {
    if (secure === undefined) return net.createServer({ noDelay: true, allowHalfOpen: true }, accept);
    const door = tls.createServer({
      ...secure,
      ALPNProtocols: ['h2', 'http/1.1'],
      handshakeTimeout: limits.headersMs,
      minVersion: 'TLSv1.2',
    });
    door.on('connection', accept);
    door.on('secureConnection', (socket) => {
      socket.on('error', () => socket.destroy());
      (socket.alpnProtocol === 'h2' ? h2 : h1).emit('connection', socket);
    });
    return door;
  };

  return {
    async listen(port, hosts) {
      // Starts the timers that watch for slow headers and bodies: this server has no port of its own.
      h1.emit('listening');
      const addresses: AddressInfo[] = [];
      for (const host of hosts) {
        const door = newDoor();
        const address = await bind(door, addresses[0]?.port ?? port, host, hosts.length > 1);
        if (address === undefined) continue;
        doors.push(door);
        addresses.push(address);
      }
      return addresses;
    },
    async close() {
      closing = true;
      for (const door of doors) door.close();
      for (const session of sessions.keys()) session.close();
      for (const exchange of open) if (exchange instanceof Http1Exchange) exchange.closeAfterAnswer();
      h1.closeIdleConnections();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, limits.closeMs);
        changed = () => {
          if (open.size > 0) return;
          clearTimeout(timer);
          // Lets the last answer leave.
          setImmediate(resolve);
        };
        changed();
      });
      clearInterval(sweep);
      for (const socket of sockets) socket.destroySoon();
      h1.close();
      h2.close();
      h1.closeAllConnections();
      setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, 100).unref();
    },
  };
}

/** Gives undefined where the machine has no such address and there are others to listen on (no IPv6 in a container). */
function bind(door: net.Server, port: number, host: string, optional: boolean): Promise<AddressInfo | undefined> {
  return new Promise((resolve, reject) => {
    door.once('error', (error: NodeJS.ErrnoException) => {
      if (optional && (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT')) resolve(undefined);
      else reject(error);
    });
    door.listen({ port, host, ipv6Only: host.includes(':') && host !== '::' }, () => {
      const address = door.address();
      if (address === null || typeof address === 'string') reject(new Error(`${host} is no address of TCP`));
      else resolve(address);
    });
  });
}

const preface = Buffer.from('PRI * HTTP/2.0');

/** Decides by the first bytes, which stay in the socket for who serves it. */
function tellApart(socket: Socket, limits: Limits, decide: (protocol: 1 | 2) => void): void {
  const timer = setTimeout(() => socket.destroy(), limits.headersMs);
  const stop = (): void => clearTimeout(timer);
  const leave = (): void => {
    socket.destroy();
  };
  socket.once('close', stop);
  socket.once('end', leave);
  let seen: Buffer = Buffer.alloc(0);
  const look = (): void => {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    if (seen.length === 0) return;
    const length = Math.min(seen.length, preface.length);
    const isStart = seen.subarray(0, length).equals(preface.subarray(0, length));
    // A start of the preface and no more: wait for the rest.
    if (isStart && length < preface.length) return;
    stop();
    socket.off('close', stop);
    socket.off('end', leave);
    socket.off('readable', look);
    socket.unshift(seen);
    decide(isStart ? 2 : 1);
  };
  socket.on('readable', look);
}

/** Ends the exchanges whose client sends its body, or takes its answer, too slowly. */
function cutSlow(open: ReadonlySet<Exchange>, limits: Limits): void {
  const now = performance.now(); // not the time of day, which may jump
  for (const exchange of open) {
    if (exchange.phase === 'reading' && now - exchange.since > limits.bodyMs) exchange.cut();
    if (exchange.phase === 'answering' && now - exchange.since > limits.answerMs) exchange.cut();
  }
}
