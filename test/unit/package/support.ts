import { join } from 'node:path'
import { repositoryRoot } from '../../helpers/deps'
import { buildTypeScript, isTypeScriptBuilt } from '../../../scripts/build-ts'

export const dist = join(repositoryRoot, 'dist')

/** `npm test` compiles before it runs tests; a run of single tests may not have. */
export async function ensureDist(): Promise<void> {
  if (!isTypeScriptBuilt()) await buildTypeScript()
}
