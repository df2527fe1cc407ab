/** The least of OAuth providers: whatever code comes back is the id of the account. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after } from 'node:test';

export interface Hub {
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly userEndpoint: string;
}

export async function startHub(): Promise<Hub> {
  const server = createServer(async (request, response) => {
    const code = new URLSearchParams(await text(request)).get('code');
    const body = code === null ? { id: request.headers.authorization?.replace('Bearer ', '') } : { access_token: code };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  const at = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`; // of a TCP server that listens
  return { authorizationEndpoint: at('authorize'), tokenEndpoint: at('token'), userEndpoint: at('user') };
}
