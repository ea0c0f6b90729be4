// Apache Kafka's jars from Maven Central, and the Java programs of this folder compiled against them. Both are made
// once and kept (deps.ts); afterwards nothing here needs the network.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { buildOnce, contentHash, depsDir, MissingPrerequisite, run } from '../deps'

const javaDir = join(__dirname, 'java')
const pom = join(__dirname, 'pom.xml')

const INSTALL_JAVA =
  'Tests need real Kafka, which runs on Java: install a JDK 17 or newer (Debian: openjdk-17-jdk-headless), or set KAFKA_BOOTSTRAP to a running broker.'
const INSTALL_MAVEN =
  'Tests fetch the jars of Apache Kafka with Maven: install it (Debian: maven), or set KAFKA_BOOTSTRAP to a running broker.'

/** How to start a Java program of Kafka's or of this folder. */
export interface KafkaJars {
  /** Version of Apache Kafka, as in pom.xml. */
  readonly version: string
  /** Command line (without `java` itself) up to the main class. */
  command(mainClass: string, options: { logFile: string; jvmOptions?: readonly string[]; logLevel?: string }): string[]
}

let known: Promise<KafkaJars> | undefined

/** Fetches and compiles what is missing; the first time it takes half a minute, then nothing. */
export function kafkaJars(): Promise<KafkaJars> {
  known ??= prepare()
  return known
}

async function prepare(): Promise<KafkaJars> {
  await checkJava()
  const root = join(depsDir(), 'kafka')
  const pomHash = contentHash([pom])
  const libs = await buildOnce(join(root, `libs-${pomHash}`), async (scratch) => {
    await run(
      'mvn',
      ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${scratch}`, '-DincludeScope=runtime'],
      { install: INSTALL_MAVEN },
    )
  })
  const sources = readdirSync(javaDir)
    .filter((name) => name.endsWith('.java'))
    .map((name) => join(javaDir, name))
  const classes = await buildOnce(join(root, `classes-${contentHash(sources, pomHash)}`), async (scratch) => {
    await run('javac', ['--release', '17', '-cp', `${libs}/*`, '-d', scratch, ...sources], { install: INSTALL_JAVA })
  })
  const version = readdirSync(libs)
    .map((name) => /^kafka-clients-(.+)\.jar$/.exec(name)?.[1])
    .find((found) => found !== undefined)
  if (version === undefined)
    throw new Error(`${libs}: expected kafka-clients-*.jar; remove the folder to fetch it again`)

  return {
    version,
    command: (mainClass, { logFile, jvmOptions = [], logLevel = 'INFO' }) => [
      ...jvmOptions,
      `-Dlog4j2.configurationFile=${join(__dirname, 'log4j2.xml')}`,
      `-Drdkafka.tiers.log.file=${logFile}`,
      `-Drdkafka.tiers.log.level=${logLevel}`,
      '-cp',
      `${classes}:${libs}/*`,
      mainClass,
    ],
  }
}

async function checkJava(): Promise<void> {
  const { stderr } = await run('java', ['-version'], { install: INSTALL_JAVA })
  const major = Number(/version "(\d+)/.exec(stderr)?.[1])
  if (!(major >= 17)) throw new MissingPrerequisite(`${INSTALL_JAVA} (found: ${stderr.split('\n')[0] ?? 'none'})`)
}
