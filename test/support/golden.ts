import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { projectRoot, readProjectFile } from './project.js'

/**
 * Requires that a text is that of a file in `test/golden`. `ROME_GOLDEN=write` writes the file instead: read what has
 * changed before it is committed.
 */
export function matchesGolden(t: Test, text: string, file: string): void {
  const path = `test/golden/${file}`
  if (process.env.ROME_GOLDEN === 'write') writeFileSync(join(projectRoot, path), text)
  t.strictSame(text.split('\n'), readProjectFile(path).split('\n'), `${path} is as it was`)
}
