import Database from 'better-sqlite3'
import { openPeer as openSqlite } from './sqlite.mjs'

export function openPeer(file) {
  const database = new Database(file)
  const inTransaction = database.transaction((work) => work()).immediate
  return openSqlite(database, inTransaction)
}
