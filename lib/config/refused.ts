// Names that a consumer cannot have, and what to write instead. Each sentence follows "name: ".

const instead = (name: string): string => `is Java's name; librdkafka's is "${name}"`
const ours = (name: string): string => `is Java's name; here it is "${name}"`
const NO_STORE = 'is Java\'s; give certificates in PEM with "ssl.ca.location" or "ssl.ca.pem"'

/** Names of Java's consumer that librdkafka does not know, or knows for something else. */
const JAVA = {
  'fetch.max.wait.ms': instead('fetch.wait.max.ms'),
  'send.buffer.bytes': instead('socket.send.buffer.bytes'),
  'receive.buffer.bytes': instead('socket.receive.buffer.bytes'),
  'socket.connection.setup.timeout.max.ms': instead('socket.connection.setup.timeout.ms'),
  'default.api.timeout.ms': ours('requestTimeoutMs'),
  'max.poll.records': ours('batchMaxMessages'),
  'key.deserializer': "is Java's; give the deserializer to ConsumerFactory.create()",
  'value.deserializer': "is Java's; give the deserializer to ConsumerFactory.create()",
  'interceptor.classes': "is Java's and has no twin here",
  'metric.reporters': 'is Java\'s; set "statistics.interval.ms" and listen to the event "statistics"',
  'security.providers': 'is Java\'s; OpenSSL\'s are set with "ssl.providers"',
  'sasl.jaas.config': 'is Java\'s; set "sasl.mechanism", "sasl.username" and "sasl.password"',
  'sasl.login.callback.handler.class': ours('oauthbearerTokenRefresh'),
  'ssl.truststore.location': NO_STORE,
  'ssl.truststore.password': NO_STORE,
  'ssl.truststore.type': NO_STORE,
  'ssl.truststore.certificates': instead('ssl.ca.pem'),
  'ssl.keystore.certificate.chain': instead('ssl.certificate.pem'),
  'ssl.keystore.key': instead('ssl.key.pem'),
  'ssl.keystore.type': 'is Java\'s; "ssl.keystore.location" takes PKCS#12',
} as const

/** Spellings of other clients, too far from ours to be recognized. */
const OTHER_SPELLINGS = {
  brokers: 'is no property; did you mean "bootstrap.servers"?',
} as const

/** Names that librdkafka knows and that make no sense, or would break this package, in one of its consumers. */
const KNOWN = {
  'request.timeout.ms': 'is of producers; a consumer\'s calls are bounded by "requestTimeoutMs"',
  'share.acknowledgement.mode': 'is of share consumers, which this package does not make',
  'auto.commit.enable': 'is of librdkafka\'s simple consumer; set "enable.auto.commit"',
  'offset.store.path': "is of librdkafka's simple consumer",
  'offset.store.sync.interval.ms': "is of librdkafka's simple consumer",
  'consume.callback.max.messages': 'is of librdkafka\'s callback consumer; set "batchMaxMessages"',
  enabled_events: 'cannot be set: this package serves the events of librdkafka',
  'log.queue': 'cannot be set: this package serves the log of librdkafka; give a "logger" or listen to the event "log"',
  error_cb: 'cannot be set: listen to the events "error" and "warning"',
  throttle_cb: 'cannot be set: listen to the event "throttle"',
  stats_cb: 'cannot be set: listen to the event "statistics"',
  log_cb: 'cannot be set: give a "logger" or listen to the event "log"',
  rebalance_cb: 'cannot be set: give "onAssigned", "onRevoked" and "onLost"',
  offset_commit_cb: 'cannot be set: commit() resolves when it is done; what fails by itself is the event "warning"',
  consume_cb: 'cannot be set: read messages with stream() or batches()',
  oauthbearer_token_refresh_cb: 'cannot be set: give "oauthbearerTokenRefresh"',
  default_topic_conf: 'cannot be set: write the properties of topics, such as "auto.offset.reset", beside the others',
  ssl_key: 'cannot be set: give "ssl.key.pem"',
  ssl_certificate: 'cannot be set: give "ssl.certificate.pem"',
  ssl_ca: 'cannot be set: give "ssl.ca.pem"',
} as const

/** Names that librdkafka knows and a consumer of this package must not have. */
export type RefusedName = keyof typeof KNOWN | 'max.poll.records'

const REFUSED = new Map<string, string>([
  ...Object.entries(JAVA),
  ...Object.entries(OTHER_SPELLINGS),
  ...Object.entries(KNOWN),
])

/** Names of Java's consumer, which say what is meant even where foreign names are to be expected. */
export const JAVA_NAMES: readonly string[] = Object.keys(JAVA)

/** Why the name is refused, with its twin; undefined when it is not. */
export function refusalOf(name: string): string | undefined {
  return REFUSED.get(name)
}
