/**
 * Texts of the hosted login pages: those that are shipped, over them those of the instance, over them those of an organization
 * (reference/org-and-settings.md 3.3; on the original an organization does not see the instance's). A region's lie over those of its language.
 */
import { createHash } from 'node:crypto';
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import type { Call } from '../access/call.ts';
import { Failure } from '../failure/failure.ts';
import type { Json } from '../store/events.ts';
import { errors } from './errors.ts';
import { DEFAULT_LANGUAGE, languageOf } from './language.ts';
import { put } from './policy.ts';
import { shippedTexts } from './texts.ts';

export type TextLevel =
  | { readonly case: 'system' | 'instance'; readonly value: boolean }
  | { readonly case: 'organizationId'; readonly value: string }
  | { readonly case: undefined; readonly value?: undefined };

export interface Texts {
  readonly translations: JsonObject;
  /** Undefined where there are none. */
  readonly etag: string | undefined;
}

const kindOf = (locale: string): string => `translation:${locale}`;

/** `inherited`: with what lies below the level; else what was set at it for this very locale. */
export async function readTexts(call: Call, level: TextLevel, tag: string, inherited: boolean): Promise<Texts> {
  const locale = languageOf(tag);
  if (!locale) throw new Failure(errors.readLocaleInvalid);
  const orgId = level.case === 'organizationId' ? level.value : '';
  if (level.case === undefined || (level.case === 'organizationId' && orgId === '')) throw new Failure(errors.readLevelInvalid);
  const kinds = inherited ? [kindOf(locale.language), kindOf(locale.toString())] : [kindOf(locale.toString())];
  const levels = inherited && level.case !== 'system' ? ['', orgId] : [orgId];
  const rows =
    level.case === 'system'
      ? []
      : await call.db.read<{ value: JsonObject | null; etag: string }>(
          (sql, caller) => sql`
            with caller as (${caller})
            select y.value, md5(y.value::text) as etag
            from caller left join policies y
              on y.instance_id = ${call.instance.id} and y.kind = any(${kinds}::text[]) and y.org_id = any(${levels}::text[])
            order by y.org_id, length(y.kind)`,
        );
  const set = rows.flatMap(({ value, etag }) => (value === null ? [] : [{ value, etag }]));
  if (!inherited && level.case !== 'system') return { translations: set[0]?.value ?? {}, etag: set[0]?.etag };
  const shipped = [DEFAULT_LANGUAGE, call.instance.defaultLanguage, locale.language]
    .map((language) => shippedTexts[language])
    .filter((texts) => texts !== undefined);
  const translations = [...shipped, ...set.map(({ value }) => value)].reduce<JsonObject>(over, {});
  return { translations, etag: createHash('md5').update(JSON.stringify(translations)).digest('hex') };
}

/** The whole of a locale's texts at a level; gives the new etag. */
export async function setTexts(call: Call, level: TextLevel, tag: string, translations: JsonObject): Promise<string> {
  const isOrg = level.case === 'organizationId';
  if (level.case === undefined || level.case === 'system' || (isOrg && level.value === '')) throw new Failure(errors.writeLevelInvalid);
  const locale = languageOf(tag)?.toString();
  if (locale === undefined) throw new Failure(errors.writeLocaleInvalid);
  const { etag } = await put(call, kindOf(locale), isOrg ? { orgId: level.value } : 'instance', translations, {
    type: `${isOrg ? 'org' : 'instance'}.hosted_login_translation.set`,
    payload: { language: locale, translation: translations as Json }, // JSON, whose members are never undefined
  });
  return etag;
}

/** One tree of texts over another; where both have a branch it is merged. */
function over(below: JsonObject, above: JsonObject): JsonObject {
  const merged = Object.entries(above).map(([key, value]): [string, JsonValue] => {
    const under = Object.hasOwn(below, key) ? below[key] : undefined;
    return [key, isTree(value) && isTree(under) ? over(under, value) : value];
  });
  return Object.fromEntries([...Object.entries(below), ...merged]);
}

const isTree = (value: JsonValue | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
