/** What a thread is given to do, and what it answers. */

export type Work =
  | { readonly kind: 'hash'; readonly password: string }
  | { readonly kind: 'compare'; readonly password: string; readonly encoded: string };

/** `took`: ms. */
export type Outcome = ({ readonly value: string | boolean } | { readonly error: string }) & { readonly took: number };
