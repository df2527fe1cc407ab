/** The text of a personal access token: `pat_<token id>_<secret>`. The id finds the row, the hash of the whole text proves it. */
import { randomText } from '../crypto/secret.ts';

/** 43 characters of 62: 256 bits. */
const SECRET_LENGTH = 43;
const FORM = /^pat_([^_]{1,64})_([A-Za-z0-9]{43})$/;

export function newToken(tokenId: string): string {
  return `pat_${tokenId}_${randomText(SECRET_LENGTH)}`;
}

/** The id in a token, or undefined where the text is no token of ours. */
export function parseToken(text: string): { tokenId: string } | undefined {
  const tokenId = FORM.exec(text)?.[1];
  return tokenId === undefined ? undefined : { tokenId };
}
