import t from 'tap'
import { memory } from '../../lib/engines/memory/index.js'
import {
  type Collection,
  column,
  create,
  entity,
  fields,
  manyToOne,
  not_,
  oneToMany,
  type Predicate,
  primaryKey,
  type Ref,
  Rome,
  t as types,
} from '../../lib/index.js'

@entity('images')
class Image {
  @primaryKey(types.integer()) id!: number
  @column(types.string()) name!: string
  @oneToMany(
    () => Property,
    (p) => p.image,
  )
  properties!: Collection<Property>
}

@entity('properties')
class Property {
  @primaryKey(types.integer()) id!: number
  @column(types.integer()) imageId!: number
  @column(types.string()) name!: string
  @column(types.string().nullable()) value!: string | null
  @manyToOne(
    () => Image,
    (i) => i.properties,
    { column: 'imageId' },
  )
  image!: Ref<Image>
}

const image = fields(Image)
const property = fields(Property)

t.test('queries over relations', async (t) => {
  const rome = await Rome.open({ engine: memory(), models: [Image, Property], fullScans: 'allow' })
  t.teardown(() => rome.close())
  const session = rome.session()
  for (let id = 1; id <= 4; id++) session.add(create(Image, { id, name: `i${id}` }))
  await session.flush()
  const rows: [number, string, string | null][] = [
    [1, 'arch', 'x86'],
    [1, 'os', 'linux'],
    [2, 'arch', 'arm'],
    [2, 'os', null],
    [3, 'os', 'linux'],
  ]
  rows.forEach(([imageId, name, value], index) => {
    session.add(create(Property, { id: index + 1, imageId, name, value }))
  })
  await session.commit()
  const ids = (images: readonly Image[]): number[] => images.map(({ id }) => id)

  await t.test('a join is found by a relation, its name, or the model that one relation leads to', async (t) => {
    const isArch = property.name.eq('arch')
    t.strictSame(ids(await session.query(Image).join('properties').filter(isArch).orderBy(image.id).all()), [1, 2])
    t.strictSame(ids(await session.query(Image).join(image.properties).filter(isArch).orderBy(image.id).all()), [1, 2])
    t.strictSame(ids(await session.query(Image).join(Property).filter(isArch).orderBy(image.id).all()), [1, 2])
    const pairs = await session.query(Property, Image).join(Image).orderBy(property.id).all()
    t.strictSame(
      pairs.map(([p, i]) => [p.id, i.id]),
      [
        [1, 1],
        [2, 1],
        [3, 2],
        [4, 2],
        [5, 3],
      ],
    )
  })

  await t.test('quantifiers: some, none and every', async (t) => {
    const all = (predicate: Predicate) => query().filter(predicate).orderBy(image.id).all()
    const query = () => session.query(Image)
    t.strictSame(ids(await all(image.properties.some((p) => p.value.eq('linux')))), [1, 3])
    t.strictSame(ids(await all(image.properties.some())), [1, 2, 3])
    t.strictSame(ids(await all(image.properties.none((p) => p.name.eq('arch')))), [3, 4])
    t.strictSame(ids(await all(image.properties.every((p) => p.value.ne('windows')))), [1, 3, 4], 'unknown is not true')
    t.strictSame(ids(await all(not_(image.properties.every((p) => p.value.ne('windows'))))), [2])
    t.strictSame(ids(await all(image.properties.some((p) => p.image.some((i) => i.name.eq('i2'))))), [2])
    t.equal(await query().filter(image.properties.some()).count(), 3)
    t.match(String(await query().filter(image.properties.some()).explain()), 'mark')
  })

  await t.test('a name that is no relation, and a model that none leads to, are errors naming the choices', (t) => {
    t.throws(() => session.query(Image).join('nothing' as 'properties'), {
      code: 'ROME_QUERY_INVALID',
      context: { relations: ['properties'] },
    })
    t.throws(() => session.query(Property).join(Property), { code: 'ROME_QUERY_INVALID' })
    t.end()
  })
})
