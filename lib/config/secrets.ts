import { LIBRDKAFKA_PROPERTIES } from './librdkafka-properties'

/** What stands for a secret wherever a configuration is printed. */
export const MASK = '***'

// By the end of the name, so that a secret of a later librdkafka is one too.
const SECRET_NAME = /(^|[._])(password|passphrase|secret|pem|username)$/

// Free text that carries secrets: "principal=… secret=…", a kinit command with its password.
const SECRET_TEXTS = ['sasl.oauthbearer.config', 'sasl.kerberos.kinit.cmd']

/**
 * Properties whose values are never shown: those that librdkafka redacts itself, but for paths of files.
 *
 * Of `*.pem` only `ssl.key.pem` and its like are secret. All are masked, as one pasted file often holds both.
 */
export const SECRETS: ReadonlySet<string> = new Set([
  ...Object.keys(LIBRDKAFKA_PROPERTIES).filter((name) => SECRET_NAME.test(name)),
  ...SECRET_TEXTS,
])
