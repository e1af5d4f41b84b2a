import t from 'tap'
import { level } from '../../lib/engines/level/index.js'
import {
  column,
  create,
  entity,
  fields,
  index,
  primaryKey,
  Rome,
  type RomeSession,
  t as types,
} from '../../lib/index.js'
import { UuidType } from '../../lib/values/uuid.js'
import { plansIn } from '../support/plans-in.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

let made = 0

@entity('images')
@index('owner', 'size')
class Image {
  @primaryKey(types.uuid()) id!: string
  @column(types.string()) owner!: string
  @column(types.integer()) size!: number

  constructor() {
    made++
  }
}

const image = fields(Image)

/** What a piece of work takes: machines differ in how long it takes, but not in this. */
interface Counts {
  readonly plans: number
  /** Rows whose bytes were decoded. */
  readonly decoded: number
  readonly entities: number
  readonly gets: number
  readonly scans: number
  readonly commits: number
}

t.test('work over what is in memory plans, decodes and reads nothing twice', async (t) => {
  const rome = await Rome.open({
    engine: level(temporaryDirectory(t), { durability: 'os' }),
    models: [Image],
    fullScans: 'refuse',
  })
  t.teardown(() => rome.close())
  await rome.transact((session) => {
    for (let size = 0; size < 200; size++) {
      session.add(create(Image, { owner: `owner ${size % 4}`, size }))
    }
  })
  const ids = (await rome.session().query(Image).filter(image.owner.gte('')).all()).map(({ id }) => id)

  const counted = async (work: (session: RomeSession) => Promise<unknown>): Promise<Counts> => {
    const { fromDisk } = UuidType.prototype
    let decoded = 0
    UuidType.prototype.fromDisk = function (this: UuidType, disk: unknown) {
      decoded++
      return fromDisk.call(this, disk)
    }
    const before = rome.stats().engine
    const madeBefore = made
    try {
      const plans = await plansIn(async () => {
        await using session = rome.session()
        await work(session)
      })
      const { gets, scans, commits } = rome.stats().engine as Record<'gets' | 'scans' | 'commits', number>
      return {
        plans,
        decoded,
        entities: made - madeBefore,
        gets: gets - (before.gets ?? 0),
        scans: scans - (before.scans ?? 0),
        commits: commits - (before.commits ?? 0),
      }
    } finally {
      UuidType.prototype.fromDisk = fromDisk
    }
  }

  const newest = (session: RomeSession, owner: string) =>
    session.query(Image).filterBy({ owner }).orderBy(image.size.desc())
  const works: Record<string, [(session: RomeSession, turn: number) => Promise<unknown>, Partial<Counts>]> = {
    'reading one by its key': [(session, turn) => session.get(Image, ids[turn] as string), { entities: 1 }],
    'reading several by their keys': [
      (session, turn) => session.getMany(Image, ids.slice(turn, 10 + turn)),
      { entities: 10 },
    ],
    'the newest of an owner': [(session, turn) => newest(session, `owner ${turn}`).limit(20).all(), { entities: 20 }],
    'a count': [(session, turn) => newest(session, `owner ${turn}`).count(), {}],
    'two pages': [
      async (session, turn) => {
        const { next } = await newest(session, `owner ${turn}`).page({ size: 10 })
        await newest(session, `owner ${turn}`).page({ size: 10, after: next })
      },
      { entities: 20 },
    ],
    'changing one': [
      async (session, turn) => {
        const found = await session.getOrThrow(Image, ids[turn] as string)
        found.size += 1000
        await session.commit()
      },
      { entities: 1, commits: 1 },
    ],
  }
  const least: Counts = { plans: 0, decoded: 0, entities: 0, gets: 0, scans: 0, commits: 0 }
  for (const [name, [work, expected]] of Object.entries(works)) {
    for (let turn = 0; turn < 3; turn++) await counted((session) => work(session, turn))
    t.strictSame(await counted((session) => work(session, 3)), { ...least, ...expected }, name)
  }
})
