import t from 'tap'
import { checkPattern, compileLike, likePrefix } from '../../lib/expressions/like.js'

function matches(text: string, pattern: string): boolean {
  return compileLike(pattern, false)(text)
}

function matchesIgnoringCase(text: string, pattern: string): boolean {
  return compileLike(pattern, true)(text)
}

t.test('a pattern without wildcards matches its own text only', async (t) => {
  t.ok(matches('abc', 'abc'))
  t.notOk(matches('abcd', 'abc'))
  t.notOk(matches('xabc', 'abc'))
  t.ok(matches('', ''))
  t.notOk(matches('a', ''))
})

t.test('% is any run of characters, the empty one included', async (t) => {
  t.ok(matches('', '%'))
  t.ok(matches('abc', '%'))
  t.ok(matches('abc', 'a%'))
  t.ok(matches('a', 'a%'))
  t.ok(matches('abc', '%c'))
  t.ok(matches('abc', 'a%c'))
  t.ok(matches('abc', '%%b%%'))
  t.notOk(matches('abc', '%d%'))
  t.notOk(matches('aba', 'ab%ba'), 'beginning and end do not overlap')
  t.ok(matches('abba', 'ab%ba'))
  t.notOk(matches('ab', '%ab%b'), 'a middle does not overlap the end')
  t.ok(matches('line\nbreak\0', 'line%break_'))
})

t.test('_ is one code point, also beyond U+FFFF', async (t) => {
  t.ok(matches('abc', 'a_c'))
  t.notOk(matches('ac', 'a_c'))
  t.ok(matches('a\u{1f600}c', 'a_c'))
  t.notOk(matches('a\u{1f600}c', 'a__c'))
  t.ok(matches('\u{1f600}', '_'))
  t.ok(matches('x\u{1f600}', '%_'))
  t.ok(matches('\u{1f600}b', '%_b%'))
  t.notOk(matches('\u{1f600}', '%__'))
  t.notOk(matches('', '_'))
  t.ok(matches('abc', '___'))
  t.ok(matches('aXbcYd', 'a_b%c_d'))
})

t.test('a backslash takes the next character as it is', async (t) => {
  t.ok(matches('100%', '100\\%'))
  t.notOk(matches('1000', '100\\%'))
  t.ok(matches('a_b', 'a\\_b'))
  t.notOk(matches('axb', 'a\\_b'))
  t.ok(matches('a\\b', 'a\\\\b'))
  t.ok(matches('ab', 'a\\b'))
})

t.test('a lone backslash at the end is refused', async (t) => {
  t.throws(() => checkPattern('abc\\'), { name: 'UsageError', code: 'ROME_ARGUMENT' })
  t.doesNotThrow(() => checkPattern('abc\\\\'))
})

t.test('like minds the case, and ilike compares lower case', async (t) => {
  t.notOk(matches('ABC', 'abc'))
  t.ok(matchesIgnoringCase('ABC', 'a%c'))
  t.ok(matchesIgnoringCase('abc', 'A_C'))
  t.ok(matchesIgnoringCase('ÄÖÜ', 'äö%'))
  t.ok(matchesIgnoringCase('ΟΔΟΣ ΑΣ', '%σ α%'), 'sigma has one form wherever its word ends')
  t.ok(matchesIgnoringCase('οδοσφαλτοσ', 'ΟΔΟΣ%'))
  t.ok(matchesIgnoringCase('50%', '50\\%'))
})

t.test('the prefix of a pattern is what stands before its first wildcard', async (t) => {
  t.equal(likePrefix('abc%'), 'abc')
  t.equal(likePrefix('ab_c%'), 'ab')
  t.equal(likePrefix('a\\%b%'), 'a%b')
  t.equal(likePrefix('%abc'), '')
  t.equal(likePrefix('_abc'), '')
  t.equal(likePrefix('abc'), 'abc')
  t.equal(likePrefix(''), '')
})

t.test('patterns that drive backtracking matchers to despair take no time', async (t) => {
  const text = 'a'.repeat(2000)
  const pattern = `${'%a'.repeat(60)}%b`
  const began = performance.now()
  t.notOk(matches(text, pattern))
  t.notOk(matches(text, `${'%a_'.repeat(60)}%b%`))
  t.ok(performance.now() - began < 1000)
})
