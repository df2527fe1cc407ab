/** A strict JSON parser (RFC 8259): members must not stand twice, text must be well-formed, and integers beyond 2^53 keep their digits. */
import { isUtf8 } from 'node:buffer';
import { Failure } from '../../failure/failure.ts';

export type Json = null | boolean | string | number | Digits | Json[] | JsonObject;
export interface JsonObject {
  [name: string]: Json;
}

/** A number that a double does not hold exactly, as it was written. */
export class Digits {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand behind the value. */
export type Rest = 'ignored' | 'refused';

/** Values nested deeper than this are refused. */
const maxDepth = 100;

/** The value that the bytes hold; undefined where they hold nothing but blanks. Fails with invalid_argument. */
export function parseJson(bytes: Uint8Array, rest: Rest): Json | undefined {
  if (!isUtf8(bytes)) throw new Failure({ code: 'invalid_argument', key: 'proto: syntax error: invalid UTF-8' });
  const parser = new Parser(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  return parser.document(rest);
}

/** The value in a text, with nothing behind it. */
export function parseJsonText(text: string): Json | undefined {
  return new Parser(text).document('refused');
}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const word = /[a-z]+/y;
const words: ReadonlyMap<string, Json> = new Map<string, Json>([
  ['null', null],
  ['true', true],
  ['false', false],
]);

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(rest: Rest): Json | undefined {
    this.#blanks();
    if (this.#at === this.#text.length) return undefined;
    const value = this.#value();
    this.#blanks();
    if (rest === 'refused' && this.#at < this.#text.length) throw this.#unexpected();
    return value;
  }

  #value(): Json {
    switch (this.#text.charCodeAt(this.#at)) {
      case 0x7b:
        return this.#nested(() => this.#object());
      case 0x5b:
        return this.#nested(() => this.#list());
      case 0x22:
        return this.#string();
      default:
        return this.#scalar();
    }
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > maxDepth) throw this.#refuse('nested too deep');
    this.#at++;
    const value = read();
    this.#depth--;
    return value;
  }

  #object(): JsonObject {
    // Without a prototype: a member called __proto__ is a member.
    const object: JsonObject = Object.create(null);
    this.#blanks();
    if (this.#takes(0x7d)) return object;
    for (;;) {
      if (this.#text.charCodeAt(this.#at) !== 0x22) throw this.#unexpected();
      const name = this.#string();
      if (name in object) throw this.#refuse(`duplicate field ${JSON.stringify(name)}`);
      this.#blanks();
      if (!this.#takes(0x3a)) throw this.#unexpected();
      this.#blanks();
      object[name] = this.#value();
      this.#blanks();
      if (this.#takes(0x7d)) return object;
      if (!this.#takes(0x2c)) throw this.#unexpected();
      this.#blanks();
    }
  }

  #list(): Json[] {
    const list: Json[] = [];
    this.#blanks();
    if (this.#takes(0x5d)) return list;
    for (;;) {
      list.push(this.#value());
      this.#blanks();
      if (this.#takes(0x5d)) return list;
      if (!this.#takes(0x2c)) throw this.#unexpected();
      this.#blanks();
    }
  }

  #string(): string {
    const start = this.#at + 1;
    let escaped = false;
    let end = start;
    for (; ; end++) {
      const c = this.#text.charCodeAt(end);
      if (c === 0x22) break;
      if (c === 0x5c) {
        escaped = true;
        end++;
      } else if (!(c >= 0x20)) {
        this.#at = Math.min(end, this.#text.length);
        throw this.#unexpected();
      }
    }
    this.#at = end + 1;
    return escaped ? this.#unescape(this.#text.slice(start - 1, end + 1)) : this.#text.slice(start, end);
  }

  #unescape(quoted: string): string {
    let text: string;
    try {
      text = String(JSON.parse(quoted));
    } catch {
      throw this.#refuse('invalid escape in a string');
    }
    if (!text.isWellFormed()) throw this.#refuse('invalid surrogate in a string');
    return text;
  }

  #scalar(): Json {
    const text = this.#match(number);
    if (text !== undefined) {
      const value = Number(text);
      return Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value)) ? value : new Digits(text);
    }
    const name = this.#match(word);
    const value = name === undefined ? undefined : words.get(name);
    if (value !== undefined) return value;
    this.#at -= name?.length ?? 0;
    throw this.#unexpected();
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [text] = pattern.exec(this.#text) ?? [];
    if (text !== undefined) this.#at += text.length;
    return text;
  }

  #takes(c: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== c) return false;
    this.#at++;
    return true;
  }

  #blanks(): void {
    for (;;) {
      const c = this.#text.charCodeAt(this.#at);
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return;
      this.#at++;
    }
  }

  #unexpected(): Failure {
    const [token = ''] = /^[\p{L}\p{N}_-]{1,20}|^./su.exec(this.#text.slice(this.#at, this.#at + 20)) ?? [];
    return token === '' ? this.#refuse('unexpected end of text') : this.#refuse(`unexpected token ${token}`);
  }
  #refuse(reason: string): Failure {
    const before = this.#text.slice(0, this.#at);
    const line = before.split('\n').length;
    const column = this.#at - before.lastIndexOf('\n');
    return new Failure({ code: 'invalid_argument', key: `proto: syntax error (line ${line}:${column}): ${reason}` });
  }
}
