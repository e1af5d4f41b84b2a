// Rome through its public interface: entities in a session, serializable transactions.
import {
  count,
  create,
  createdAt,
  defineEntity,
  fields,
  index,
  primaryKey,
  Rome,
  t,
  updatedAt,
  version,
} from 'rome-orm'
import { containerFormats, diskFormats, statuses, visibilities } from '../data.mjs'

const Image = defineEntity(
  'images',
  {
    id: primaryKey(t.uuid()),
    name: t.string(),
    status: t.enum(...statuses),
    visibility: t.enum(...visibilities),
    owner: t.string(),
    checksum: t.string({ max: 32 }).nullable(),
    diskFormat: t.enum(...diskFormats),
    containerFormat: t.enum(...containerFormats),
    size: t.integer(),
    minDisk: t.integer(),
    minRam: t.integer(),
    isProtected: t.boolean(),
    isHidden: t.boolean(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
    version: version(),
  },
  {
    indexes: [
      index('owner', 'createdAt'),
      index('status', 'createdAt'),
      index('createdAt'),
      index('owner', 'status', 'createdAt'),
    ],
  },
)

const image = fields(Image)

export async function openPeer(engine, cache) {
  const rome = await Rome.open({ engine, models: [Image], fullScans: 'refuse', ...(cache && { cache }) })
  // Memory keeps nothing, whatever is asked.
  const isStored = engine.manifest.durabilities.includes('commit')

  const inSession = async (work) => {
    const session = rome.session()
    try {
      return await work(session)
    } finally {
      await session.close()
    }
  }

  return {
    readOne: (id) => inSession((session) => session.get(Image, id)),
    newest: (owner, status, limit) =>
      inSession((session) =>
        session.query(Image).filterBy({ owner, status }).orderBy(image.createdAt.desc()).limit(limit).all(),
      ),
    pages: async (owner, size) => {
      const pages = []
      let after
      do {
        const page = await inSession((session) =>
          session
            .query(Image)
            .filterBy({ owner })
            .orderBy(image.createdAt.desc())
            .page(after === undefined ? { size } : { size, after }),
        )
        pages.push(page.items)
        after = page.next
      } while (after !== undefined)
      return pages
    },
    insert: (images, durability) =>
      inSession(async (session) => {
        for (const { createdAt, updatedAt, ...values } of images) {
          session.add(create(Image, { ...values, createdAt: new Date(createdAt), updatedAt: new Date(updatedAt) }))
        }
        await session.commit(isStored ? { durability } : {})
      }),
    count: () => inSession((session) => session.query(Image).select(count()).scalar()),
    close: () => rome.close(),
  }
}
