/** Is a text a URI reference? As strict, and in the same words, as Go's net/url.Parse, by which the original decides. */
import { goQuote } from './go-quote.ts';

/** The fault of the reference, or undefined. */
export function uriFault(text: string): string | undefined {
  const hash = text.indexOf('#');
  const before = hash === -1 ? text : text.slice(0, hash);
  const fault = beforeFragment(before);
  if (fault !== undefined) return `parse ${goQuote(before)}: ${fault}`;
  const inFragment = hash === -1 ? undefined : escapeFault(text.slice(hash + 1));
  return inFragment && `parse ${goQuote(text)}: ${escape}`;
}

function beforeFragment(text: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(text)) return 'net/url: invalid control character in URL';
  if (text.startsWith(':')) return 'missing protocol scheme';
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:/.exec(text)?.[0];
  const rest = text.slice(scheme?.length ?? 0).split('?')[0] ?? '';
  if (!rest.startsWith('/')) {
    if (scheme !== undefined) return undefined;
    if (rest.split('/')[0]?.includes(':')) return 'first path segment in URL cannot contain colon';
  }
  const hasAuthority = rest.startsWith('//') && (scheme !== undefined || !rest.startsWith('///'));
  if (!hasAuthority) return escapeFault(rest);
  const slash = rest.indexOf('/', 2);
  const authority = slash === -1 ? rest.slice(2) : rest.slice(2, slash);
  return authorityFault(authority) ?? escapeFault(slash === -1 ? '' : rest.slice(slash));
}

function authorityFault(authority: string): string | undefined {
  const at = authority.lastIndexOf('@');
  const fault = hostFault(authority.slice(at + 1));
  if (fault !== undefined || at === -1) return fault;
  const userinfo = authority.slice(0, at);
  return /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/.test(userinfo) ? escapeFault(userinfo) : 'net/url: invalid userinfo';
}

function hostFault(host: string): string | undefined {
  if (host.startsWith('[')) {
    const end = host.lastIndexOf(']');
    if (end === -1) return "missing ']' in host";
    return portFault(host.slice(end + 1));
  }
  const colon = host.lastIndexOf(':');
  const port = colon === -1 ? undefined : portFault(host.slice(colon));
  if (port !== undefined) return port;
  for (let index = 0; index < host.length; index += 1) {
    if (host[index] === '%') {
      const sequence = host.slice(index, index + 3);
      // Of ASCII only the percent sign may be escaped in a host.
      if (!/^%[89A-Fa-f][0-9A-Fa-f]$/.test(sequence) && sequence !== '%25') return `invalid URL escape ${goQuote(sequence)}`;
      index += 2;
    } else if (/[^A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"\u0080-\uffff]/.test(host[index] ?? '')) {
      return `invalid character ${goQuote(host[index] ?? '')} in host name`;
    }
  }
  return undefined;
}

function portFault(port: string): string | undefined {
  return /^(:[0-9]*)?$/.test(port) ? undefined : `invalid port ${goQuote(port)} after host`;
}

function escapeFault(text: string): string | undefined {
  const bad = /%(?![0-9A-Fa-f]{2}).{0,2}/s.exec(text)?.[0];
  return bad && `invalid URL escape ${goQuote(bad)}`;
}
