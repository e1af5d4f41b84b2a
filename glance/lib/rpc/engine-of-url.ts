import type { RomeOptions } from 'rome-orm'
import { level } from 'rome-orm/engines/level'
import { memory } from 'rome-orm/engines/memory'

/**
 * The engine that a text names: `memory:`, or `level:./catalogue?partitions=4&durability=os`.
 * @throws RangeError for what names none.
 */
export function engineOfUrl(text: string): RomeOptions['engine'] {
  const [, kind, place = '', query = ''] = /^([a-z]+):([^?]*)(?:\?(.*))?$/.exec(text) ?? []
  const { partitions, durability, ...others } = Object.fromEntries(new URLSearchParams(query))
  const unknown = Object.keys(others)[0]
  if (unknown !== undefined) throw new RangeError(`${unknown} is no option of an engine: partitions and durability are`)
  if (kind === 'memory' && place === '' && query === '') return memory()
  if (kind !== 'level' || place === '') {
    throw new RangeError(`${text} names no engine: write memory: or level:./catalogue?partitions=4`)
  }
  if (durability !== undefined && durability !== 'commit' && durability !== 'os') {
    throw new RangeError('durability is commit, which survives a power cut, or os, which survives a killed process')
  }
  return level(place, {
    ...(partitions === undefined ? {} : { partitions: Number(partitions) }),
    ...(durability === undefined ? {} : { durability }),
  })
}
