import t from 'tap'
import { decodeCommit, encodeCommit } from '../../lib/engines/level/commit-record.js'
import { allocateRecord, readRecord, recordHeaderBytes, sealRecord } from '../../lib/engines/level/log-record.js'

const writes = [
  { key: '\x02\0\x01a', value: Buffer.from('row'), mark: 1 },
  { key: '\x02\0\x01b', value: undefined, mark: 2 },
  { key: '\x03\0\x01c', value: Buffer.alloc(0) },
]

t.test('a commit in the log is these bytes', async (t) => {
  const { bytes } = encodeCommit({ version: 7, id: 'id', writes }, 0)
  t.equal(
    bytes.subarray(recordHeaderBytes).toString('hex'),
    [
      '02026964' /* form, id */,
      '00000003' /* number of writes */,
      '000000040000000401' /* lengths and mark */,
      '02000161726f77' /* key, value */,
      '000000040000000002' /* a deletion has length 0 */,
      '02000162',
      '000000040000000100' /* an empty value has length 1 */,
      '03000163',
    ].join(''),
  )
  const record = readRecord(bytes, 0)
  t.strictSame(record && decodeCommit(record), { version: 7, id: 'id', writes })
})

t.test('a commit of the form without marks is read', async (t) => {
  const payload = Buffer.from(`01026964${'00000001'}${'0000000400000004'}${'02000161726f77'}`, 'hex')
  const bytes = allocateRecord(payload.length)
  payload.copy(bytes, recordHeaderBytes)
  sealRecord(bytes, 7, 0)
  const record = readRecord(bytes, 0)
  t.strictSame(record && decodeCommit(record), {
    version: 7,
    id: 'id',
    writes: [{ key: '\x02\0\x01a', value: Buffer.from('row') }],
  })
})
