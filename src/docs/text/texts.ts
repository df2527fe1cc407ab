/** The shape of the tables of texts: package without `zitadel.` → RPC → what it does. */
export type Texts = Readonly<Record<string, Readonly<Record<string, string>>>>;
