import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The part of a tap test that is needed here, so that a subtest can be given as well as the whole file. */
interface WithTeardown {
  teardown(cleanUp: () => void): void
}

/**
 * An empty directory of this test alone, removed when the test ends: test files run side by side, and two stores in
 * one directory would lock each other out.
 */
export function temporaryDirectory(test: WithTeardown): string {
  const directory = mkdtempSync(join(tmpdir(), 'rome-test-'))
  test.teardown(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))
  return directory
}
