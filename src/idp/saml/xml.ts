/** Reading XML that others wrote, as a tree: without entities of its own, and not at all where it is broken. */
import { DOMParser, type Element } from '@xmldom/xmldom';

export function rootOf(xml: string): Element | undefined {
  if (/<!DOCTYPE/i.test(xml)) return undefined;
  const fail = (level: string, message: string) => {
    if (level !== 'warning') throw new Error(message);
  };
  try {
    return new DOMParser({ onError: fail }).parseFromString(xml, 'text/xml').documentElement ?? undefined;
  } catch {
    return undefined;
  }
}

export function children(parent: Element, namespace: string, name: string): Element[] {
  return Array.from(parent.childNodes).filter(
    (node): node is Element => node.nodeType === 1 && (node as Element).namespaceURI === namespace && (node as Element).localName === name, // 1: an element
  );
}
