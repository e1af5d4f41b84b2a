/** A JSON value, as a user gives it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** One text for values that are equal: keys in order. */
export function canonicalJson(value: Json): string {
  return JSON.stringify(value, (_, inner: Json) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

/** What documents are made of, so that paths into them and parts of them are found. */
export const jsonValues: readonly Json[] = [
  0,
  'a',
  [],
  { a: 1 },
  [1, null],
  true,
  '',
  { b: null, a: 'é' },
  [1, 'a', true, [1], { a: 1, b: 2 }],
  { a: { b: [1, { a: 1 }], 'b c': 0.5 }, b: false },
  { a: ['a', 'b'], b: { a: 1 } },
  {},
  -1.5,
]

export const jsonKeys: readonly string[] = ['a', 'b', 'b c', '0', '']
