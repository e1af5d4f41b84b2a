import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { memory } from '../../lib/engines/memory/index.js'
import { QueryError } from '../../lib/errors/rome-error.js'
import { create } from '../../lib/schema/create.js'
import { fields } from '../../lib/schema/fields.js'
import { Rome } from '../../lib/session/rome.js'
import { cacheSize } from '../support/cache-sizes.js'
import {
  Disk,
  DiskLabel,
  File,
  idsOf,
  Label,
  Member,
  models,
  sessionOf,
  target,
  unscoped,
} from '../support/scopes-fixture.js'
import { seed } from '../support/seed.js'

/** A reference that may not be null throws where its row is not seen. */
function diskOf(file: File): Disk | undefined {
  try {
    return target(file.disk)
  } catch (error) {
    if (error instanceof QueryError && error.code === 'ROME_NO_RESULT') return undefined
    throw error
  }
}

const disks = fc.array(
  fc.record({ owner: fc.constantFrom('ada', 'bob'), copyOf: fc.option(fc.nat({ max: 5 }), { nil: null }) }),
  { minLength: 1, maxLength: 6 },
)
const files = fc.array(
  fc.record({
    disk: fc.nat({ max: 5 }),
    isPublic: fc.boolean(),
    projects: fc.uniqueArray(fc.constantFrom('ada', 'bob'), { maxLength: 2 }),
  }),
  { maxLength: 8 },
)
const links = fc.uniqueArray(
  fc.record({ disk: fc.nat({ max: 5 }), labelId: fc.constantFrom(1, 2), isShown: fc.boolean() }),
  { maxLength: 8, selector: ({ disk, labelId }) => `${disk} ${labelId}` },
)

t.test('what is read by key and by relation is what lies in scope, in any order of loads', async (t) => {
  const reads = fc.shuffledSubarray(['include', 'load', 'key', 'keys', 'quantifier', 'unscoped'] as const, {
    minLength: 6,
  })
  await fc.assert(
    fc.asyncProperty(disks, files, links, reads, cacheSize, async (disks, files, links, reads, bytes) => {
      const options = { models, cache: { bytes }, fullScans: 'allow' } as const
      await using rome = await Rome.open({ engine: memory({ partitions: 2 }), ...options })
      const allDisks = disks.map(({ owner, copyOf }, id) => ({
        id,
        owner,
        name: `disk ${id}`,
        copyOfId: copyOf !== null && copyOf < disks.length ? copyOf : null,
      }))
      const allFiles = files.map(({ disk, ...file }, id) => ({ id, diskId: disk % disks.length, ...file }))
      const allLinks = links.filter(({ disk }) => disk < disks.length)
      await rome.transact(
        (session) => {
          for (const id of [1, 2]) session.add(create(Label, { id }))
          for (const disk of allDisks) session.add(create(Disk, disk))
          for (const { projects, ...file } of allFiles) {
            session.add(create(File, file))
            for (const project of projects) session.add(create(Member, { fileId: file.id, project }))
          }
          for (const { disk, ...link } of allLinks) session.add(create(DiskLabel, { diskId: disk, ...link }))
        },
        { scopes: unscoped },
      )
      const seenDisks = allDisks.filter(({ owner }) => owner === 'ada').map(({ id }) => id)
      const seenFiles = allFiles.filter(({ isPublic, projects }) => isPublic || projects.includes('ada'))
      const filesOf = (disk: number) => seenFiles.filter(({ diskId }) => diskId === disk).map(({ id }) => id)
      const labelsOf = (id: number) =>
        allLinks.filter(({ disk, isShown }) => disk === id && isShown).map(({ labelId }) => labelId)
      const copyOf = (id: number) => allDisks[id].copyOfId ?? -1
      const expected = seenDisks.map((id) => ({
        id,
        files: filesOf(id),
        labels: labelsOf(id).sort(),
        copyOf: seenDisks.includes(copyOf(id)) ? copyOf(id) : undefined,
      }))
      const shown = (all: readonly Disk[]) =>
        all.map(({ id, files, labels, copyOf }) => ({
          id,
          files: idsOf(files),
          labels: idsOf(labels),
          copyOf: target(copyOf)?.id,
        }))
      await using session = sessionOf(rome, 'ada')
      const all = session.query(Disk).orderBy(fields(Disk).id)
      const read = {
        include: async () => assert.deepEqual(shown(await all.include('files', 'labels', 'copyOf').all()), expected),
        load: async () => {
          const found = await all.all()
          for (const { files, labels, copyOf } of found) {
            await files.load({ refresh: true })
            await labels.load({ refresh: true })
            await copyOf.load({ refresh: true })
          }
          assert.deepEqual(shown(found), expected)
        },
        key: async () => {
          for (const { id } of allDisks) assert.equal((await session.get(Disk, id))?.id === id, seenDisks.includes(id))
          for (const file of allFiles) {
            assert.equal((await session.get(File, file.id))?.id === file.id, seenFiles.includes(file))
          }
        },
        keys: async () => {
          const found = await session.getMany(
            File,
            allFiles.map(({ id }) => id),
          )
          assert.deepEqual(
            found.map((file) => file?.id),
            allFiles.map((file) => (seenFiles.includes(file) ? file.id : undefined)),
          )
          const owners = await session.query(File).orderBy(fields(File).id).include('disk').all()
          assert.deepEqual(
            owners.map((file) => diskOf(file)?.id),
            seenFiles.map(({ diskId }) => (seenDisks.includes(diskId) ? diskId : undefined)),
          )
        },
        quantifier: async () => {
          const { files, labels } = fields(Disk)
          const having = all.select(fields(Disk).id)
          assert.deepEqual(
            await having.filter(files.some()).all(),
            seenDisks.filter((id) => filesOf(id).length > 0),
          )
          assert.deepEqual(
            await having.filter(labels.none()).all(),
            seenDisks.filter((id) => labelsOf(id).length === 0),
          )
        },
        unscoped: async () => {
          const everyone = await session.query(Disk).withoutScope('tenant').count()
          assert.equal(everyone, disks.length)
          await session.query(Disk).withoutScope('tenant').all()
        },
      }
      for (const name of reads) await read[name]()
    }),
    { seed, numRuns: 150 },
  )
  t.pass(`seed ${seed}`)
})
