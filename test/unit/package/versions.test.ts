import { features, librdkafkaVersion, versions } from '../../../lib/versions'

describe('features()', () => {
  it.each(['ssl', 'sasl', 'sasl_plain', 'sasl_scram', 'sasl_oauthbearer', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'has %s',
    (feature) => {
      expect(features()).toContain(feature)
    },
  )

  it('is a list of its own at each call', () => {
    features().length = 0
    expect(features()).not.toEqual([])
  })
})

describe('librdkafkaVersion()', () => {
  it('is one that keeps positions right in batches: 2.13.2 or later', () => {
    const [major = 0, minor = 0, patch = 0] = librdkafkaVersion()
      .split('.')
      .map((part) => Number.parseInt(part))
    expect(major * 1e6 + minor * 1e3 + patch).toBeGreaterThanOrEqual(2_013_002)
  })
})

describe('versions()', () => {
  it('names what is linked in, and the allocator', () => {
    expect(versions()).toEqual({
      librdkafka: librdkafkaVersion(),
      openssl: expect.stringMatching(/\d/) as string,
      zlib: expect.stringMatching(/^\d/) as string,
      zstd: expect.stringMatching(/^\d/) as string,
      allocator: expect.stringMatching(/^(mimalloc|system)$/) as string,
    })
  })

  it('is an object of its own at each call', () => {
    versions()['zlib'] = 'changed'
    expect(versions()['zlib']).not.toBe('changed')
  })
})
