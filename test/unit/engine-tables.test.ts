import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { crc32c } from '../../lib/engines/level/crc32c.js'
import { damagedTables, level } from '../../lib/engines/level/index.js'
import { expandSnappy } from '../../lib/engines/level/snappy.js'
import { findTableDamage } from '../../lib/engines/level/table-file.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

t.test('the checksum is that of Castagnoli', async (t) => {
  t.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
  t.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa)
})

t.test('snappy expands literals, copies and copies of what they write', async (t) => {
  t.equal(expandSnappy(Buffer.from([5, 16, ...Buffer.from('hello')])).toString(), 'hello')
  t.equal(expandSnappy(Buffer.from([8, 4, ...Buffer.from('ab'), 0x09, 2])).toString(), 'abababab')
  t.equal(expandSnappy(Buffer.from([8, 4, ...Buffer.from('ab'), 0x16, 2, 0])).toString(), 'abababab')
  for (const broken of [
    [5, 16],
    [3, 0x09, 2],
    [9, 0, 65],
    [200, 200, 200, 200, 200, 200, 200, 200, 200],
  ]) {
    t.throws(() => expandSnappy(Buffer.from(broken)), RangeError)
  }
})

t.test('every changed byte of a table file is found', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  const engine = level(directory, { partitions: 2, durability: 'os' })
  await engine.open()
  for (let round = 0; round < 3; round++) {
    const writes = Array.from({ length: 3000 }, (_, id) => ({
      key: `\x02\0\x01\x16${String.fromCharCode(id >> 8, id & 0xff)}`,
      value: Buffer.from(`row ${id} `.repeat(1 + (id % 9))),
    }))
    await engine.commit({ id: `commit ${round}`, readVersion: 0, readKeys: [], readRanges: [], writes })
    t.same(await damagedTables(directory), [], 'an open store is found whole')
  }
  await engine.close()
  t.same(await damagedTables(directory), [])
  const partition = join(directory, 'partition-1')
  const tables = readdirSync(partition).filter((name) => name.endsWith('.ldb'))
  t.ok(tables.length > 0)
  for (const name of tables) {
    const file = join(partition, name)
    const bytes = readFileSync(file)
    for (let at = 0; at < bytes.length; at += 1 + Math.floor(bytes.length / 300)) {
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 8))
      if (findTableDamage(bytes) === undefined) t.fail(`byte ${at} of ${bytes.length} in ${name}`)
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 8))
    }
    t.equal(findTableDamage(bytes), undefined)
    for (const cut of [0, 1, 47, 100, bytes.length - 1]) t.ok(findTableDamage(bytes.subarray(0, cut)))
    bytes[5] = (bytes[5] as number) ^ 8
    writeFileSync(file, bytes)
  }
  t.same(
    (await damagedTables(directory)).map(({ file }) => file),
    tables.map((name) => join(partition, name)).sort(),
  )
  const checked = level(directory, { checksTables: true })
  await t.rejects(checked.open(), { code: 'ROME_CORRUPT', context: { otherFiles: tables.length - 1 } })
  t.throws(() => level(directory, { checksTables: 1 as unknown as boolean }), { code: 'ROME_ARGUMENT' })
  await t.rejects(damagedTables(join(directory, 'log')), { code: 'ROME_STORE_LAYOUT' })
})

t.test('a store that is whole, or still to be made, opens with its tables checked', async (t) => {
  const directory = join(temporaryDirectory(t), 'store')
  for (const version of [1, 2]) {
    const engine = level(directory, { partitions: 2, checksTables: true })
    await engine.open()
    const writes = [{ key: '\x02\0\x01\x16', value: Buffer.from([version]) }]
    await engine.commit({ id: `commit ${version}`, readVersion: 0, readKeys: [], readRanges: [], writes })
    await engine.close()
  }
})
