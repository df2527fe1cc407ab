/**
 * How many items a request may hold in its lists and maps, all together, those inside of items counted too. What is stored or asked for item
 * by item must not take for ever because somebody fills a whole body with items.
 */
import type { DescField, DescMessage, Message } from '@bufbuild/protobuf';
import type { Reason } from '../failure/failure.ts';
import { property } from './property.ts';

/** As many as a page of a list holds at most. */
export const MOST_ITEMS = 1000;

export const tooManyItems: Reason = {
  code: 'invalid_argument',
  key: `The lists of a request may hold ${MOST_ITEMS} items together, no more`,
  id: 'KEYWARD-items',
};

/** Gives the number of items in a message; stops to count beyond the bound. */
export function itemsIn(desc: DescMessage, message: Message): number {
  let count = 0;
  for (const field of listingFields(desc)) {
    const value = valueIn(field, message);
    if (value === undefined) continue;
    if (field.fieldKind === 'message') count += itemsIn(field.message, value as Message); // a field of that kind
    if (field.fieldKind === 'map') count += Object.keys(value as object).length;
    if (field.fieldKind === 'list') {
      const list = value as readonly unknown[]; // a field of that kind
      count += list.length;
      const { message: inner } = field;
      if (inner && count <= MOST_ITEMS) for (const item of list) count += itemsIn(inner, item as Message);
    }
    if (count > MOST_ITEMS) return count;
  }
  return count;
}

const known = new Map<DescMessage, readonly DescField[]>();

/** The fields that are lists or maps, or messages that may hold some. */
function listingFields(desc: DescMessage): readonly DescField[] {
  let fields = known.get(desc);
  if (!fields) {
    fields = desc.fields.filter((field) => lists(field, [desc]));
    known.set(desc, fields);
  }
  return fields;
}

/** A type that holds itself is looked into wherever it stands. */
function lists(field: DescField, within: readonly DescMessage[]): boolean {
  if (field.fieldKind !== 'message') return field.fieldKind === 'list' || field.fieldKind === 'map';
  const { message } = field;
  return within.includes(message) || message.fields.some((inner) => lists(inner, [...within, message]));
}

function valueIn({ localName, oneof }: DescField, message: Message): unknown {
  if (!oneof) return property(message, localName);
  const chosen = property(message, oneof.localName) as { readonly case?: string; readonly value?: unknown }; // the shape of every oneof
  return chosen.case === localName ? chosen.value : undefined;
}
