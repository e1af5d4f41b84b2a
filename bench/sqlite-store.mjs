// What the peers on SQLite have in common: the tables, and how hard a commit is.
import { join } from 'node:path'
import { cacheMiB } from './cache.mjs'
import { limits } from './data.mjs'

/** A boolean is 0 or 1, a time a number of milliseconds. Each index ends with the primary key, as Rome's do. */
export const createTables = `
  create table if not exists images (
    id text primary key not null, name text not null, status text not null, visibility text not null,
    owner text not null, checksum text, diskFormat text not null, containerFormat text not null,
    size integer not null, minDisk integer not null, minRam integer not null,
    isProtected integer not null, isHidden integer not null,
    createdAt integer not null, updatedAt integer not null, version integer not null default 1
  );
  create index if not exists images_owner on images (owner, createdAt, id);
  create index if not exists images_status on images (status, createdAt, id);
  create index if not exists images_created on images (createdAt, id);
  create index if not exists images_owner_status on images (owner, status, createdAt);
  create table if not exists image_properties (
    id text primary key not null, imageId text not null references images (id) on delete cascade,
    name text not null, value text not null, unique (imageId, name)
  );
  create table if not exists image_tags (
    id text primary key not null, imageId text not null references images (id) on delete cascade,
    value text not null, unique (imageId, value)
  );
`

/** A write-ahead log, and a cache as large as Rome's; a negative size is in KiB. */
export const settings = `pragma journal_mode = wal; pragma foreign_keys = on; pragma cache_size = ${-1024 * cacheMiB}`

/** Synced before a commit is acknowledged, or only when the log is moved into the tables. */
export function synchronous(durability) {
  return durability === 'commit' ? 'pragma synchronous = full' : 'pragma synchronous = normal'
}

/** Makes a function that says how hard the following commits are; `execute` runs a statement. */
export function durabilitySwitch(execute) {
  let durabilityNow
  return (durability) => {
    if (durability === durabilityNow) return undefined
    durabilityNow = durability
    return execute(synchronous(durability))
  }
}

/** SQLite takes 32 766 parameters at most, and an image has sixteen. */
export const rowsPerInsert = 1000

export function numberFromBoolean(value) {
  return typeof value === 'boolean' ? Number(value) : value
}

export function fileOf(directory) {
  return join(directory, 'images.sqlite')
}

/** Of a union, the newest of an owner and of those with a status: for mappers whose queries cannot limit its parts. */
export const unionInSql = `
  select * from (select * from images where owner = ? order by createdAt desc, id desc limit ${limits.either})
  union
  select * from (select * from images where status = ? order by createdAt desc, id desc limit ${limits.either})
  order by createdAt desc, id desc limit ${limits.either}
`
