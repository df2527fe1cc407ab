/** The site of somebody else: a page on an origin of its own, with the modules from npm as they are; there is no bundler. */

import { readFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { after } from 'node:test';

/** What the modules of the page import by name. */
const imported = [
  '@bufbuild/protobuf',
  '@bufbuild/protobuf/codegenv1',
  '@bufbuild/protobuf/codegenv2',
  '@bufbuild/protobuf/wire',
  '@bufbuild/protobuf/wkt',
  '@connectrpc/connect',
  '@connectrpc/connect/protocol',
  '@connectrpc/connect/protocol-connect',
  '@connectrpc/connect/protocol-grpc-web',
  '@connectrpc/connect-web',
  '@zitadel/proto/zitadel/message_pb.js',
  '@zitadel/proto/zitadel/user/v2/user_service_pb.js',
];

const root = join(import.meta.dirname, '..', '..');

/** Gives its origin. Ended with the tests of this file. */
export async function startSite(): Promise<string> {
  const server = createServer((request, response) => void serve(request.url ?? '/', response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // of a TCP server that listens
}

async function serve(path: string, response: ServerResponse): Promise<void> {
  const text = path === '/' ? page() : await source(path);
  const type = path === '/' ? 'text/html; charset=utf-8' : 'text/javascript; charset=utf-8';
  if (text === undefined) response.writeHead(404).end();
  else response.writeHead(200, { 'content-type': type }).end(text);
}

function page(): string {
  const imports = Object.fromEntries(
    imported.map((name) => [name, `/node_modules/${import.meta.resolve(name).split('/node_modules/').at(-1)}`]),
  );
  return `<!doctype html><meta charset="utf-8"><title>Another site</title><link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports })}</script>`;
}

/** Modules from npm, and those of the tests without their types. */
async function source(path: string): Promise<string | undefined> {
  if (!/^\/(node_modules|test\/(browser|clients))\/[\w./@-]+\.[jt]s$/.test(path) || path.includes('..')) return undefined;
  const text = await readFile(join(root, path), 'utf8').catch(() => undefined);
  return text !== undefined && extname(path) === '.ts' ? stripTypeScriptTypes(text) : text;
}
