/** Request targets: path and query apart, the path decoded and clean, or where it would be clean (reference/transport.md 2, "Router quirks"). */
import { isUtf8 } from 'node:buffer';

export interface Target {
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
}

/** Path and query as they were sent; an absolute target loses its origin. */
export function splitTarget(target: string): Target {
  const local = target.startsWith('/') ? target : target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, '');
  const mark = local.indexOf('?');
  return mark < 0 ? { path: local || '/', query: '' } : { path: local.slice(0, mark) || '/', query: local.slice(mark + 1) };
}

/** `path`: decoded, with nothing to clean. `redirect`: where the clean path is. `escape`: a percent sign without two digits. `text`: no UTF-8. */
export type Decoded = { readonly path: string } | { readonly redirect: string } | { readonly fault: 'escape' | 'text' };

export function decodePath(raw: string): Decoded {
  const plain = /^[!-$&-~]*$/.test(raw);
  if (/%(?![0-9a-fA-F]{2})/.test(raw)) return { fault: 'escape' };
  const decoded = plain ? raw : percentDecoded(raw);
  if (decoded === undefined) return { fault: 'text' };
  const clean = cleaned(decoded);
  return clean === decoded ? { path: decoded } : { redirect: clean.split('/').map(encodeURIComponent).join('/') };
}

/** Node gives a path as Latin-1. */
function percentDecoded(raw: string): string | undefined {
  const bytes = Buffer.from(
    raw.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
  return isUtf8(bytes) ? bytes.toString() : undefined;
}

/** Without empty and dot segments; a slash at the end stays. */
function cleaned(path: string): string {
  if (path.startsWith('/') && !/\/\/|\/\.\.?(?:\/|$)/.test(path)) return path;
  const kept: string[] = [];
  const segments = path.split('/');
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  const end = path.endsWith('/') && kept.length > 0 ? '/' : '';
  return `/${kept.join('/')}${end}`;
}
