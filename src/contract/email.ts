/**
 * Is a text an e-mail address? As strict, and in the same words, as the original: an RFC 5322 mailbox first (Go's net/mail),
 * then the limits of local part and host name (protoc-gen-validate). reference/user-service-v2.md 2.4.
 */
import { isIP } from 'node:net';
import { goQuote } from './go-quote.ts';

/** The fault of the address, or undefined. */
export function emailFault(text: string): string | undefined {
  if (plain.test(text) && text.length <= 254) return partsFault(text);
  if (text.length > LONGEST) return TOO_LONG;
  const parsed = parseSingle(text);
  return 'fault' in parsed ? parsed.fault : partsFault(parsed.address);
}

/** Comments and names around an address may be long, but not as long as a body may be: the parser below looks at the rest of the text again and again. */
const LONGEST = 4096;
const TOO_LONG = 'email addresses cannot exceed 254 characters';

/** The common case, on which the parser below could find no fault. */
const plain = /^[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*$/;

function partsFault(address: string): string | undefined {
  if (Buffer.byteLength(address) > 254) return TOO_LONG;
  const at = address.indexOf('@');
  if (Buffer.byteLength(address.slice(0, at)) > 64) return 'email address local phrase cannot exceed 64 characters';
  return hostFault(address.slice(at + 1));
}

function hostFault(host: string): string | undefined {
  if (Buffer.byteLength(host) > 253) return 'hostname cannot exceed 253 characters';
  for (const part of host.replace(/\.$/, '').toLowerCase().split('.')) {
    const length = Buffer.byteLength(part);
    if (length === 0 || length > 63) return 'hostname part must be non-empty and cannot exceed 63 characters';
    if (part.startsWith('-')) return 'hostname parts cannot begin with hyphens';
    if (part.endsWith('-')) return 'hostname parts cannot end with hyphens';
    const odd = /[^a-z0-9-]/u.exec(part)?.[0];
    if (odd !== undefined) return `hostname parts can only contain alphanumeric characters or hyphens, got ${goQuote(odd)}`;
  }
  return undefined;
}

/** Thrown within the parser below, and caught there. */
class Fault extends Error {}

function parseSingle(text: string): { readonly address: string } | { readonly fault: string } {
  try {
    return { address: new Mailbox(text).single() };
  } catch (error) {
    if (error instanceof Fault) return { fault: error.message };
    throw error;
  }
}

const isVisible = (rune: string): boolean => /^[!-~\u0080-\u{10ffff}]$/u.test(rune);
const isSpace = (rune: string): boolean => rune === ' ' || rune === '\t';
/** Atoms may contain dots here, wherever RFC 5322 knows dot-atoms. */
const isAtomText = (rune: string): boolean => isVisible(rune) && !'()<>[]:;@\\,"'.includes(rune);

/** Reads a mailbox from the front of `rest`, in code points. Encoded words (RFC 2047) of display names are not decoded: no text shows them. */
class Mailbox {
  rest: readonly string[];

  constructor(text: string) {
    this.rest = [...text];
  }

  single(): string {
    const found = this.address('group');
    this.skipComments();
    if (this.rest.length > 0) throw new Fault(`mail: expected single address, got ${goQuote(this.rest.join(''))}`);
    const [first, another] = found;
    if (first === undefined) throw new Fault('mail: empty group');
    if (another !== undefined) throw new Fault('mail: group with multiple addresses');
    return first;
  }

  address(allowed: 'group' | 'mailbox'): readonly string[] {
    this.skipSpace();
    if (this.rest.length === 0) throw new Fault('mail: no address');
    const before = this.rest;
    const bare = this.attempt(() => this.addrSpec());
    if (bare !== undefined) {
      this.skipSpace();
      if (this.consume('(')) this.comment();
      return [bare];
    }
    this.rest = before;
    const name = this.rest[0] === '<' ? '' : this.phrase();
    this.skipSpace();
    if (allowed === 'group' && this.consume(':')) return this.group();
    if (!this.consume('<')) {
      throw new Fault([...name].every(isAtomText) ? "mail: missing '@' or angle-addr" : 'mail: no angle-addr');
    }
    const address = this.addrSpec();
    if (!this.consume('>')) throw new Fault('mail: unclosed angle-addr');
    return [address];
  }

  group(): readonly string[] {
    const members: string[] = [];
    this.skipSpace();
    if (this.consume(';')) {
      this.skipComments();
      return members;
    }
    for (;;) {
      this.skipSpace();
      members.push(...this.address('mailbox'));
      this.skipComments();
      if (this.consume(';')) {
        this.skipComments();
        return members;
      }
      if (!this.consume(',')) throw new Fault('mail: expected comma');
    }
  }

  addrSpec(): string {
    this.skipSpace();
    if (this.rest.length === 0) throw new Fault('mail: no addr-spec');
    let local: string;
    if (this.rest[0] === '"') {
      local = this.quotedString();
      if (local === '') throw new Fault('mail: empty quoted string in addr-spec');
    } else {
      local = this.strictAtom();
    }
    if (!this.consume('@')) throw new Fault('mail: missing @ in addr-spec');
    this.skipSpace();
    if (this.rest.length === 0) throw new Fault('mail: no domain in addr-spec');
    return `${local}@${this.rest[0] === '[' ? this.domainLiteral() : this.strictAtom()}`;
  }

  phrase(): string {
    const words: string[] = [];
    for (;;) {
      if (words.length > 0) this.skipComments();
      this.skipSpace();
      if (this.rest.length === 0) break;
      try {
        words.push(this.rest[0] === '"' ? this.quotedString() : this.atom());
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        if (words.length === 0) throw new Fault(`mail: missing word in phrase: ${error.message}`);
        break;
      }
    }
    return words.join(' ');
  }

  quotedString(): string {
    let text = '';
    let isEscaped = false;
    for (let index = 1; ; index += 1) {
      const rune = this.rest[index];
      if (rune === undefined) throw new Fault('mail: unclosed quoted-string');
      if (isEscaped || (rune !== '"' && rune !== '\\')) {
        if (!isVisible(rune) && !isSpace(rune)) throw new Fault(`mail: bad character in quoted-string: ${quotedRune(rune)}`);
        text += rune;
        isEscaped = false;
      } else if (rune === '\\') {
        isEscaped = true;
      } else {
        this.rest = this.rest.slice(index + 1);
        return text;
      }
    }
  }

  atom(): string {
    const end = this.rest.findIndex((rune) => !isAtomText(rune));
    const length = end === -1 ? this.rest.length : end;
    if (length === 0) throw new Fault('mail: invalid string');
    const atom = this.rest.slice(0, length).join('');
    this.rest = this.rest.slice(length);
    return atom;
  }

  strictAtom(): string {
    const atom = this.atom();
    if (atom.startsWith('.')) throw new Fault('mail: leading dot in atom');
    if (atom.includes('..')) throw new Fault('mail: double dot in atom');
    if (atom.endsWith('.')) throw new Fault('mail: trailing dot in atom');
    return atom;
  }

  domainLiteral(): string {
    this.consume('[');
    let text = '';
    for (;;) {
      const rune = this.rest[0];
      if (rune === undefined) throw new Fault('mail: unclosed domain-literal');
      if (rune === ']') break;
      if (!isVisible(rune) || rune === '[' || rune === '\\') throw new Fault(`mail: bad character in domain-literal: ${quotedRune(rune)}`);
      text += rune;
      this.consume(rune);
    }
    this.consume(']');
    if (isIP(text) === 0 || text.includes('%')) throw new Fault(`mail: invalid IP address in domain-literal: ${goQuote(text)}`);
    return `[${text}]`;
  }

  skipComments(): void {
    this.skipSpace();
    while (this.consume('(')) {
      this.comment();
      this.skipSpace();
    }
  }

  /** What follows an opening parenthesis, up to the one that closes it. */
  comment(): void {
    let depth = 1;
    while (this.rest.length > 0 && depth > 0) {
      if (this.rest[0] === '\\' && this.rest.length > 1) this.rest = this.rest.slice(1);
      else if (this.rest[0] === '(') depth += 1;
      else if (this.rest[0] === ')') depth -= 1;
      this.rest = this.rest.slice(1);
    }
    if (depth > 0) throw new Fault('mail: misformatted parenthetical comment');
  }

  skipSpace(): void {
    const start = this.rest.findIndex((rune) => !isSpace(rune));
    this.rest = start === -1 ? [] : this.rest.slice(start);
  }

  consume(rune: string): boolean {
    if (this.rest[0] !== rune) return false;
    this.rest = this.rest.slice(1);
    return true;
  }

  attempt(read: () => string): string | undefined {
    try {
      return read();
    } catch (error) {
      if (error instanceof Fault) return undefined;
      throw error;
    }
  }
}

/** Go's `%q` of a single rune: in single quotes. */
function quotedRune(rune: string): string {
  return `'${goQuote(rune).slice(1, -1).replace('\\"', '"').replace(/^'$/, "\\'")}'`;
}
