import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

const segmentName = /^(\d{10})\.log$/

/** The file of a segment. */
export function segmentPath(directory: string, segment: number): string {
  return join(directory, `${String(segment).padStart(10, '0')}.log`)
}

/** The numbers of the segments in a directory, in ascending order. */
export async function listSegments(directory: string): Promise<number[]> {
  const names = await readdir(directory)
  const segments: number[] = []
  for (const name of names) {
    const match = segmentName.exec(name)
    if (match !== null) segments.push(Number(match[1]))
  }
  return segments.sort((left, right) => left - right)
}
