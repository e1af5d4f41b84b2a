import { DatabaseSync } from 'node:sqlite'
import { openPeer as openSqlite } from './sqlite.mjs'

export function openPeer(file) {
  const database = new DatabaseSync(file)
  const begin = database.prepare('begin immediate')
  const commit = database.prepare('commit')
  return openSqlite(database, (work) => {
    begin.run()
    try {
      work()
    } catch (error) {
      database.exec('rollback')
      throw error
    }
    commit.run()
  })
}
