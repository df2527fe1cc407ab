/** A Failure as Connect tells it: the HTTP status and a JSON body, whatever codec was asked for (reference/transport.md 8.3). */
import type { Failure } from '../../failure/failure.ts';
import { detailOf, unpadded } from '../details.ts';

export function connectError(failure: Failure): string {
  const { code, message } = failure;
  const detail = detailOf(failure);
  if (detail === undefined) return JSON.stringify({ code, message });
  return JSON.stringify({ code, message, details: [{ type: detail.type, value: unpadded(detail.bytes), debug: detail.json }] });
}
