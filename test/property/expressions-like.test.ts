import fc from 'fast-check'
import t from 'tap'
import { compileLike, likePrefix } from '../../lib/expressions/like.js'
import { seed } from '../support/seed.js'

type Token = { readonly literal: string } | '%' | '_'

const aCharacter = fc.constantFrom('a', 'b', 'A', '%', '_', '\\', '\u{1f600}', '\uffff')
const aText = fc.array(aCharacter, { maxLength: 10 }).map((characters) => characters.join(''))
const aToken: fc.Arbitrary<Token> = fc.oneof(
  fc.constantFrom('%' as const, '_' as const),
  aCharacter.map((literal) => ({ literal })),
)

/** A pattern that says the tokens, with a backslash where it must be. */
function written(tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      if (typeof token === 'string') return token
      return /[%_\\]/.test(token.literal) ? `\\${token.literal}` : token.literal
    })
    .join('')
}

/** The set of token positions that can be reached: one step for each code point of the text. */
function matchesNaively(text: string, tokens: readonly Token[], isSame: (a: string, b: string) => boolean): boolean {
  const skipRuns = (positions: Iterable<number>): Set<number> => {
    const reached = new Set(positions)
    for (const at of reached) if (tokens[at] === '%') reached.add(at + 1)
    return reached
  }
  let positions = skipRuns([0])
  for (const character of text) {
    const next: number[] = []
    for (const at of positions) {
      const token = tokens[at]
      if (token === '%') next.push(at)
      else if (token === '_') next.push(at + 1)
      else if (token !== undefined && isSame(token.literal, character)) next.push(at + 1)
    }
    positions = skipRuns(next)
  }
  return positions.has(tokens.length)
}

t.test('like agrees with a matcher that tries every way', async (t) => {
  const property = fc.property(aText, fc.array(aToken, { maxLength: 8 }), (text, tokens) => {
    return compileLike(written(tokens), false)(text) === matchesNaively(text, tokens, (a, b) => a === b)
  })
  t.doesNotThrow(() => fc.assert(property, { seed, numRuns: 10_000 }))
})

t.test('ilike agrees with it when case is put aside', async (t) => {
  const property = fc.property(aText, fc.array(aToken, { maxLength: 8 }), (text, tokens) => {
    const isSame = (a: string, b: string) => a.toLowerCase() === b.toLowerCase()
    return compileLike(written(tokens), true)(text) === matchesNaively(text, tokens, isSame)
  })
  t.doesNotThrow(() => fc.assert(property, { seed, numRuns: 5000 }))
})

t.test('a pattern made from a text matches it', async (t) => {
  const property = fc.property(aText, fc.array(fc.nat({ max: 2 }), { maxLength: 10 }), (text, choices) => {
    const tokens: Token[] = []
    Array.from(text).forEach((character, at) => {
      if (choices[at] === 1) tokens.push('_')
      else if (choices[at] === 2) tokens.push('%')
      else tokens.push({ literal: character })
    })
    return compileLike(written(tokens), false)(text)
  })
  t.doesNotThrow(() => fc.assert(property, { seed, numRuns: 5000 }))
})

t.test('every match begins with the prefix of its pattern', async (t) => {
  const property = fc.property(aText, fc.array(aToken, { maxLength: 4 }), (text, tokens) => {
    const pattern = written(tokens)
    return !compileLike(pattern, false)(text) || text.startsWith(likePrefix(pattern))
  })
  t.doesNotThrow(() => fc.assert(property, { seed, numRuns: 5000 }))
})
