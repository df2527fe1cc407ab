/** `curl` as it comes with the machine, with both versions of HTTP on the one port: the REST route of DeactivateUser and its Connect path. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { fromBinary } from '@bufbuild/protobuf';
import { ErrorDetailSchema } from '@zitadel/proto/zitadel/message_pb.js';
import { codes } from '../../src/failure/failure.ts';
import { type Deactivate, type Details, deactivatesAsDocumented, type Refusal } from './deactivate.ts';
import { startKeyward } from './keyward.ts';

const keyward = await startKeyward();
const { stdout: version } = spawnSync('curl', ['--version'], { encoding: 'utf8' });
const noCurl = version ? undefined : 'there is no curl on this machine';
const versions = [
  { flag: '--http1.1', http: '1.1', skip: noCurl },
  {
    flag: '--http2-prior-knowledge',
    http: '2',
    skip: noCurl ?? (/\bHTTP2\b/.test(version) ? undefined : 'this curl does not speak HTTP/2'),
  },
];

for (const { flag, http, skip } of versions) {
  const send = async (path: string, token: string | undefined, body: readonly string[]): Promise<{ status: number; json: Body }> => {
    const authorization = token === undefined ? [] : ['-H', `Authorization: Bearer ${token}`];
    const shown = ['-w', '\n%{http_version} %{http_code}'];
    const { stdout } = await promisify(execFile)('curl', [
      '-sS',
      flag,
      '-X',
      'POST',
      keyward.url + path,
      ...authorization,
      ...body,
      ...shown,
    ]);
    const [, json = '', spoken, status] = /^(.*)\n(\S+) (\d+)$/s.exec(stdout) ?? [];
    assert.equal(spoken, http);
    return { status: Number(status), json: JSON.parse(json) };
  };

  const rest: Deactivate = async (userId, token) => {
    const { status, json } = await send(`/v2/users/${userId}/deactivate`, token, []);
    if (typeof json.details === 'object' && 'sequence' in json.details) return detailsOf(status, json.details);
    const { code, message: text = '', details: [detail] = [] } = json as Refused; // what else a body of REST can be
    assert.equal(status, Object.values(codes).find(({ grpc }) => grpc === code)?.http);
    if (!detail) return { code: Number(code), text, detail };
    assert.equal(detail['@type'], 'type.googleapis.com/zitadel.v1.ErrorDetail');
    return { code: Number(code), text, detail: { id: detail.id, message: detail.message } };
  };

  const connect: Deactivate = async (userId, token) => {
    const body = ['-H', 'Content-Type: application/json', '-d', JSON.stringify({ userId })];
    const { status, json } = await send('/zitadel.user.v2.UserService/DeactivateUser', token, body);
    if (typeof json.details === 'object' && 'sequence' in json.details) return detailsOf(status, json.details);
    const { code: name, message: text = '', details: [detail] = [] } = json as Refused; // what else a body of Connect can be
    const { grpc: code, http: expected } = codes[name as keyof typeof codes]; // Connect names the codes as we do
    assert.equal(status, expected);
    if (!detail) return { code, text, detail };
    assert.equal(detail.type, 'zitadel.v1.ErrorDetail');
    const { id, message } = fromBinary(ErrorDetailSchema, Buffer.from(detail.value, 'base64'));
    assert.deepEqual(detail.debug, { id, message });
    return { code, text, detail: { id, message } };
  };

  deactivatesAsDocumented(`curl ${flag}, REST`, keyward, rest, { skip });
  deactivatesAsDocumented(`curl ${flag}, Connect`, keyward, connect, { skip });
}

interface Done {
  readonly sequence: string;
  readonly resourceOwner: string;
  readonly changeDate: string;
  readonly creationDate: string;
}

type Body = { readonly details: Done } | Refused;

interface Refused {
  readonly code?: number | string;
  readonly message?: string;
  readonly details?: readonly Record<'@type' | 'id' | 'message' | 'type' | 'value' | 'debug', string>[];
}

function detailsOf(status: number, { sequence, resourceOwner, changeDate, creationDate }: Done): Details | Refusal {
  assert.equal(status, 200);
  return { sequence: BigInt(sequence), resourceOwner, changeDate: new Date(changeDate), creationDate: new Date(creationDate) };
}
