// What is asked of the service, as Glance's API asks it, on behalf of the tenant whom an image belongs to.
import { Client } from 'undici'
import { makeWholeImage } from '../data.mjs'
import { filtered, pageSize } from './catalogue.mjs'

/** One connection that is kept, and one request at a time on it. */
export class Connection {
  #client

  constructor(url) {
    this.#client = new Client(url)
  }

  /** The text that a command is answered by. */
  async ask(tenant, command, kwargs) {
    const { statusCode, body } = await this.#client.request({
      method: 'POST',
      path: '/rpc',
      headers: { 'x-identity-status': 'Confirmed', 'x-roles': 'member', 'x-tenant-id': tenant, 'x-user-id': 'someone' },
      body: JSON.stringify([{ command, kwargs }]),
    })
    const text = await body.text()
    if (statusCode !== 200 || text.startsWith('[{"_error"')) throw new Error(`${command}: ${statusCode} ${text}`)
    return text
  }

  close() {
    return this.#client.close()
  }
}

export function askImage(connection, { id, owner }) {
  return connection.ask(owner, 'image_get', { image_id: id, force_show_deleted: false, v1_mode: false })
}

export function askPage(connection, { owner, value }, marker = null) {
  return connection.ask(owner, 'image_get_all', {
    filters: { deleted: false, os_hidden: false, owner, status: 'active', [filtered.name]: value },
    marker,
    limit: pageSize,
    sort_key: ['created_at'],
    sort_dir: ['desc'],
    member_status: 'accepted',
    is_public: null,
    admin_as_user: false,
    return_tag: true,
    v1_mode: false,
  })
}

/** What is measured: each asks until it is told to end, and gives how many answers there were. */
export const questions = {
  image_get: {
    title: 'an image by its id',
    goal: 5000,
    async ask(connection, expected, { seed, isOver }) {
      let count = 0
      for (const number of expected.someImages(seed)) {
        if (isOver()) break
        await askImage(connection, expected.image(number))
        count++
      }
      return count
    },
  },
  image_get_all: {
    title: `a page of ${pageSize} by owner, status and a property, from a marker`,
    goal: 1000,
    async ask(connection, expected, { seed, isOver }) {
      let count = 0
      for (const list of expected.someLists(seed)) {
        const ids = expected.listed(list.owner, list.value)
        // Full pages alone: where the next one begins is known without reading the answer.
        for (let at = 0; at + pageSize <= ids.length && !isOver(); at += pageSize) {
          await askPage(connection, list, at === 0 ? null : ids[at - 1])
          count++
        }
        if (isOver()) break
      }
      return count
    },
  },
}

/** Compares some answers with what was stored, lists page by page to their end. Throws at the first that differs. */
export async function checkAnswers(connection, expected, { total, seed }) {
  const numbers = expected.someImages(seed)
  for (let checked = 0; checked < 200; checked++) {
    const number = numbers.next().value
    const [answer] = JSON.parse(await askImage(connection, expected.image(number)))
    requireImage(answer, makeWholeImage(number, total))
  }
  const lists = expected.someLists(seed)
  for (let checked = 0; checked < 20; checked++) {
    const list = lists.next().value
    const found = []
    for (let page = []; found.length === 0 || page.length === pageSize; found.push(...page)) {
      ;[page] = JSON.parse(await askPage(connection, list, found.at(-1)?.id))
      if (page.length === 0) break
    }
    requireEqual(
      found.map(({ id }) => id),
      expected.listed(list.owner, list.value),
      `the images of ${list.owner}`,
    )
  }
}

function requireImage(answer, { id, name, status, owner, size, properties, tags }) {
  const plain = ({ properties, ...columns }) => [
    ['id', 'name', 'status', 'owner', 'size'].map((column) => columns[column]),
    properties.map(({ name, value }) => [name, value]),
  ]
  requireEqual(plain(answer), plain({ id, name, status, owner, size, properties, tags }), `image ${id}`)
}

function requireEqual(answer, expected, what) {
  if (JSON.stringify(answer) !== JSON.stringify(expected)) {
    throw new Error(`${what}: ${JSON.stringify(answer)} was answered, ${JSON.stringify(expected)} is stored`)
  }
}
