// What nobody means, and what comes of it; the seed of each run is printed and repeats it:
//
//   npm run test:fuzz                                     the addon: a million calls
//   npm run test:fuzz -- --what reader --count 1000000    blocks of rows, truncated and mutated
//   npm run test:fuzz -- --what config --count 200000     configurations: objects, YAML, environments
//   npm run test:fuzz -- --what records --count 20000     messages through real Kafka
//   npm run test:fuzz -- --what reader --seed 4711 --from 1234 --count 1
import { join } from 'node:path'
import { oneOf } from '../helpers/options'
import { what } from './options'

// Each of these files runs when it is loaded.
void import(join(__dirname, oneOf('what', what, ['binding', 'reader', 'config', 'records'])))
