/** A DNS server for tests, over UDP on this machine: it answers questions for TXT records from a table (RFC 1035). */
import { createSocket } from 'node:dgram';
import { after } from 'node:test';

/** The records of a name, each as its strings; or how the server misbehaves. */
export type Zone = Map<string, readonly (readonly string[])[] | 'refused' | 'broken' | 'silent'>;

const TXT = 16;
const INTERNET = 1;
const RESPONSE = 0x8180; // recursion desired and available
const CODES = { fine: 0, broken: 2, unknown: 3, refused: 5 } as const;

/** `127.0.0.1:port`, for KEYWARD_NAME_SERVERS. Names stand in the zone in small letters; one that does not is unknown. */
export async function startNameServer(zone: Zone): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const { name, end } = questionOf(query);
    const found = zone.get(name);
    if (found === 'silent') return;
    const records = typeof found === 'object' ? found : [];
    const code = found === undefined ? CODES.unknown : typeof found === 'string' ? CODES[found] : CODES.fine;
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(RESPONSE | code, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    socket.send(Buffer.concat([head, query.subarray(12, end), ...records.map(record)]), port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  after(() => socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

function questionOf(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at]!; length !== 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 5 };
}

function record(strings: readonly string[]): Buffer {
  const data = Buffer.concat(strings.map((text) => Buffer.concat([Buffer.of(text.length), Buffer.from(text)])));
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0); // the name of the question
  head.writeUInt16BE(TXT, 2);
  head.writeUInt16BE(INTERNET, 4);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}
