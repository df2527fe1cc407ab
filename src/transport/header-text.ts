/** Text that may stand in a header. */

/** What is neither blank nor printable ASCII, nor a percent sign, as percent-encoded UTF-8 (gRPC over HTTP/2, "Percent-Encoded"). */
export function percentEncoded(text: string): string {
  if (/^[ -$&-~]*$/.test(text)) return text;
  let out = '';
  for (const byte of Buffer.from(text))
    out +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25 ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return out;
}

/** The text with what a header cannot hold left out. */
export const headerText = (text: string): string => text.replace(/[^\x20-\x7e]/g, '');
