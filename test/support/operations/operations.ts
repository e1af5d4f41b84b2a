import { count, create, or_, type RomeSession, type SessionOptions } from '../../../lib/index.js'
import { Image, image, imageValues, ownerOf } from './catalogue.js'

const pageSize = 8

/** Something that programs do all the time. */
export interface Operation {
  readonly name: string
  readonly session?: SessionOptions
  /** Made beforehand, as a user has it from what he did before. */
  prepare?(session: RomeSession): Promise<unknown>
  /** Turns are about different rows. */
  run(session: RomeSession, turn: number, prepared: unknown): Promise<unknown>
  /** Why it costs more when there are more rows, if it does. */
  readonly grows?: 'with the rows that it reads'
}

const byTime = image.createdAt.desc()
const newest = (session: RomeSession) => session.query(Image).orderBy(byTime)
const ofOwner = (session: RomeSession, turn: number) => session.query(Image).filter(image.owner.eq(ownerOf(turn * 50)))
const readOne = (session: RomeSession, turn: number) => session.getOrThrow(Image, 100 + turn)

export const operations: readonly Operation[] = [
  { name: 'one row by its key', run: readOne },
  { name: 'a key that is not there', run: (session, turn) => session.get(Image, -1 - turn) },
  {
    name: '10 rows by their keys',
    run: (session, turn) =>
      session.getMany(
        Image,
        Array.from({ length: 10 }, (_, at) => turn * 100 + at * 7),
      ),
  },
  { name: 'page 1, of 8', run: (session) => newest(session).page({ size: pageSize }) },
  {
    name: 'page 100, of 8',
    prepare: async (session) => (await newest(session).page({ size: pageSize * 99 })).next,
    run: (session, _turn, after) => newest(session).page({ size: pageSize, after: after as string }),
  },
  {
    name: 'the newest 20 of an owner and a status',
    run: (session, turn) => ofOwner(session, turn).filter(image.status.eq('active')).orderBy(byTime).limit(20).all(),
  },
  {
    name: 'the newest 20 of an owner or a status',
    run: (session, turn) =>
      newest(session)
        .filter(or_(image.owner.eq(ownerOf(turn * 50)), image.status.eq('killed')))
        .limit(20)
        .all(),
  },
  {
    name: 'the newest 20, columns that an index has',
    run: (session, turn) =>
      ofOwner(session, turn)
        .select(image.status, image.createdAt)
        .orderBy(image.status, image.createdAt)
        .limit(20)
        .all(),
  },
  { name: 'a count by an index', run: (session, turn) => ofOwner(session, turn).count() },
  {
    name: 'counts by status',
    run: (session) => session.query(image.status, count()).groupBy(image.status).all(),
    grows: 'with the rows that it reads',
  },
  {
    name: 'a filter without an index',
    run: (session, turn) => session.query(Image).filter(image.size.eq(turn)).all(),
    grows: 'with the rows that it reads',
  },
  {
    name: '20 rows with two collections',
    run: (session, turn) => ofOwner(session, turn).orderBy(byTime).limit(20).include('properties', 'tags').all(),
  },
  {
    name: 'insert one, four indexes',
    run: async (session, turn) => {
      session.add(create(Image, imageValues(1_000_000 + turn)))
      await session.commit()
    },
  },
  {
    name: 'read, change and write one',
    run: async (session, turn) => {
      const found = await readOne(session, turn)
      found.status = 'changed'
      await session.commit()
    },
  },
  {
    name: 'delete one, with 3 + 2 that refer to it',
    run: async (session, turn) => {
      session.delete(await session.getOrThrow(Image, 200 + turn))
      await session.commit()
    },
  },
  {
    name: 'update 50 by a filter',
    run: async (session, turn) => {
      await ofOwner(session, turn).update({ status: 'changed' })
      await session.commit()
    },
  },
  { name: 'commit nothing', run: (session) => session.commit() },
  { name: 'commit nothing, read-only', session: { readOnly: true }, run: (session) => session.commit() },
  {
    name: 'read one, commit',
    run: async (session, turn) => {
      await readOne(session, turn)
      await session.commit()
    },
  },
  {
    name: 'read one, commit, read-only',
    session: { readOnly: true },
    run: async (session, turn) => {
      await readOne(session, turn)
      await session.commit()
    },
  },
]
