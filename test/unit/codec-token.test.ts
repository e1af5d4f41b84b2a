import { createSecretKey } from 'node:crypto'
import t from 'tap'
import { packValues } from '../../lib/codec/serialiser.js'
import { openToken, sealToken } from '../../lib/codec/token.js'
import { QueryError } from '../../lib/errors/rome-error.js'

const secret = createSecretKey(Buffer.alloc(32, 1))
const refused = { constructor: QueryError, code: 'ROME_PAGE_TOKEN' }

t.test('a token gives its values back to the same store and query', async (t) => {
  const values = ['demo', 5, 7n, null, Uint8Array.of(1)]
  const token = sealToken(secret, 'query', values)
  t.match(token, /^[A-Za-z0-9_-]+$/)
  t.same(openToken(secret, 'query', token), values)
  t.strictSame(openToken(secret, 'query', sealToken(secret, 'query', [])), [])
})

t.test('a token of another store or query is refused', async (t) => {
  const token = sealToken(secret, 'query', [1])
  t.throws(() => openToken(createSecretKey(Buffer.alloc(32, 2)), 'query', token), refused)
  t.throws(() => openToken(secret, 'other', token), refused)
  t.throws(() => openToken(secret, '', token), refused)
})

t.test('no part of a fingerprint can pass for a part of the values', async (t) => {
  const [first = 0, ...rest] = packValues([1])
  const forged = Buffer.from(sealToken(secret, 'q', [1]), 'base64url')
  const shifted = Buffer.concat([forged.subarray(0, 17), Buffer.from(rest)])
  t.throws(() => openToken(secret, `q${String.fromCharCode(first)}`, shifted.toString('base64url')), refused)
})

t.test('what is no token at all is refused', async (t) => {
  const token = sealToken(secret, 'query', [1])
  const hostile = ['', 'x', '=', '🙂', token.slice(0, -1), `${token}A`, `${token}=`, ` ${token}`, `A${token}`]
  for (const text of hostile) t.throws(() => openToken(secret, 'query', text), refused, JSON.stringify(text))
  for (const value of [undefined, null, 5, {}, [token]]) {
    t.throws(() => openToken(secret, 'query', value as string), refused, String(value))
  }
})

t.test('a text longer than any token is refused at once', async (t) => {
  t.throws(() => openToken(secret, 'query', 'A'.repeat(50_000_000)), refused)
})

t.test('values too long for a token are refused when it is made', async (t) => {
  t.throws(() => sealToken(secret, 'query', ['x'.repeat(64 * 1024)]), refused)
  const long = sealToken(secret, 'query', ['x'.repeat(48_000)])
  t.strictSame(openToken(secret, 'query', long), ['x'.repeat(48_000)])
})
