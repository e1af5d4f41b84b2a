import { type ModelClass, type RomeSession, ValidationError } from 'rome-orm'

/**
 * The row of a key; `undefined` when there is none, and for what could be no row's key. With `forUpdate` others who
 * want the same row wait until the transaction ends, instead of running again.
 */
export async function findByKey<T extends object>(
  session: RomeSession,
  model: ModelClass<T>,
  key: string | number,
  options: { readonly forUpdate?: boolean } = {},
): Promise<T | undefined> {
  try {
    return await session.get(model, key, options)
  } catch (error) {
    if (error instanceof ValidationError) return undefined
    throw error
  }
}
