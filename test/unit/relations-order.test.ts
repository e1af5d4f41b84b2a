import { column } from '../../lib/decorators/column.js'
import { entity } from '../../lib/decorators/entity.js'
import { manyToMany } from '../../lib/decorators/many-to-many.js'
import { manyToOne } from '../../lib/decorators/many-to-one.js'
import { oneToMany } from '../../lib/decorators/one-to-many.js'
import { primaryKey } from '../../lib/decorators/primary-key.js'
import { desc } from '../../lib/expressions/asc-desc.js'
import type { Collection, LoadedCollection } from '../../lib/schema/collection.js'
import { create } from '../../lib/schema/create.js'
import { fields } from '../../lib/schema/fields.js'
import type { Ref } from '../../lib/schema/ref.js'
import { Rome } from '../../lib/session/rome.js'
import { t as types } from '../../lib/values/t.js'
import { onBothEngines } from '../support/both-engines.js'

@entity('albums')
class Album {
  @primaryKey(types.integer()) id!: number
  @oneToMany(
    () => Track,
    (track) => track.album,
    { orderBy: [desc('disc'), 'place', 'id'] },
  )
  tracks!: Collection<Track>
  @manyToMany(() => Track, { through: 'favourites', orderBy: ['disc', desc('place'), desc('id')] })
  favourites!: Collection<Track>
}

@entity('tracks')
class Track {
  @primaryKey(types.integer()) id!: number
  @column(types.integer()) albumId!: number
  @column(types.integer().nullable()) disc!: number | null
  @column(types.integer().nullable()) place!: number | null
  @manyToOne(
    () => Album,
    (album) => album.tracks,
    { column: 'albumId' },
  )
  album!: Ref<Album>
}

const models = [Album, Track]
const ids = (tracks: Collection<Track>) => (tracks as LoadedCollection<Track>).toArray().map(({ id }) => id)

onBothEngines('a collection comes in the order of its relation, by every way to load it', async (t, engine) => {
  await using rome = await Rome.open({ engine, models, fullScans: 'allow' })
  const places = [
    [1, 2],
    [null, 1],
    [2, 1],
    [1, null],
    [1, 1],
    [1, 1],
  ] as const
  await rome.transact((session) => {
    for (const id of [0, 1]) {
      const album = session.add(create(Album, { id }))
      places.forEach(([disc, place], at) => {
        album.favourites.add(create(Track, { id: id * 10 + at, albumId: id, disc, place }))
      })
    }
  })
  const declared = [1, 2, 4, 5, 0, 3]
  const favourite = [3, 0, 5, 4, 2, 1]
  const of = (order: readonly number[], album: number) => order.map((at) => album * 10 + at)

  await using session = rome.session()
  const albums = await session.query(Album).include('tracks', 'favourites').orderBy(fields(Album).id).all()
  for (const { id, tracks, favourites } of albums) {
    t.same(ids(tracks), of(declared, id))
    t.same(ids(favourites), of(favourite, id))
  }
  await using other = rome.session()
  const one = await other.getOrThrow(Album, 1)
  t.same(ids(await one.tracks.load()), of(declared, 1))
  t.same(ids(await one.favourites.load()), of(favourite, 1))

  const first = one.tracks as LoadedCollection<Track>
  const late = create(Track, { id: 19, disc: null, place: 0 })
  first.add(late)
  t.same(ids(first), [...of(declared, 1), 19], 'what is added comes last')
  await other.flush()
  t.same(ids(await one.tracks.load({ refresh: true })), [19, ...of(declared, 1)], 'until it is loaded again')
  late.disc = 0
  await other.flush()
  t.same(ids(await one.tracks.load({ refresh: true })), [...of(declared, 1), 19])
})
