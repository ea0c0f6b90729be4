// Programs of other languages are built once and kept, as all that tests and benchmarks build.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { buildOnce, contentHash, depsDir, MissingPrerequisite, repositoryRoot } from '../../test/helpers/deps'

/** The folder of a client's sources. */
export function sourcesOf(name: string): string {
  return join(repositoryRoot, 'benchmarks', 'clients', name)
}

/** Where what the files decide is built; built there unless it is, where that is allowed. */
export async function built(
  name: string,
  files: readonly string[],
  mayBuild: boolean,
  build: (scratch: string) => Promise<void>,
): Promise<string> {
  const directory = join(depsDir(), 'benchmarks', `${name}-${contentHash(files)}`)
  if (!mayBuild && !existsSync(directory)) {
    throw new MissingPrerequisite('it is not built yet; `npm run bench -- --prepare` builds all clients')
  }
  return buildOnce(directory, build)
}
