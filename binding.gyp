{
  # Values that depend on the machine come from scripts/gyp-values.js; what they mean is said there.
  'variables': {
    'deps%': '<!(node scripts/gyp-values.js deps)',
    'allocator%': '<!(node scripts/gyp-values.js allocator)',
    'sanitizer%': '<!(node scripts/gyp-values.js sanitizer)',
  },
  'targets': [
    {
      # Alone in seeing librdkafka's own headers, as librdkafka was configured.
      'target_name': 'raw_headers',
      'type': 'static_library',
      'sources': ['native/raw_headers.c'],
      'include_dirs': ['<(deps)/build/librdkafka', '<(deps)/build/librdkafka/src'],
      'cflags': ['-O2', '-g', '-fPIC', '-fvisibility=hidden', '-ffunction-sections', '-w'],
    },
    {
      'target_name': 'rdkafka_tiers',
      'dependencies': ['raw_headers'],
      'sources': ['<!@(node scripts/gyp-values.js sources)'],
      'include_dirs': ['<!(node scripts/gyp-values.js node-addon-api)', '<(deps)/include'],
      'defines': [
        'NAPI_VERSION=9',
        # What the standard library throws (no memory, no thread) reaches JavaScript too, instead of ending the process.
        'NODE_ADDON_API_CPP_EXCEPTIONS_ALL',
        'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
        'RDKAFKA_TIERS_ALLOCATOR="<(allocator)"',
      ],
      'cflags!': ['-fno-exceptions', '-O3'],
      'cflags_cc!': ['-fno-exceptions', '-fno-rtti', '-std=gnu++17', '-std=gnu++20', '-O3'],
      'cflags': ['-O2', '-g', '-fvisibility=hidden', '-ffunction-sections', '-fdata-sections', '-Wall', '-Wextra', '-Wno-unused-parameter', '-Wno-ignored-qualifiers'],
      'cflags_cc': ['-std=c++20', '-fexceptions', '-fvisibility-inlines-hidden'],
      'libraries': [
        '<(deps)/lib/librdkafka.a',
        '<(deps)/lib/libzstd.a',
        '<(deps)/lib/libz.a',
        '<(deps)/lib/libssl.a',
        '<(deps)/lib/libcrypto.a',
        '-ldl',
        '-lm',
        '-lpthread',
      ],
      'ldflags': [
        # Node exports its own OpenSSL and zlib, and node-rdkafka a second librdkafka: nothing of ours may bind to
        # theirs, nor theirs to ours. Only Node-API's two entry points are visible.
        '-Wl,--version-script=<(module_root_dir)/native/exports.map',
        '-Wl,--exclude-libs,ALL',
        '-Wl,-Bsymbolic',
        '-Wl,--gc-sections',
        # The end of a worker unmaps an addon that only it had loaded, while librdkafka's threads still run.
        '-Wl,-z,nodelete',
        '-Wl,-z,now',
        '-Wl,-z,relro',
      ],
      'conditions': [
        ['allocator=="mimalloc"', {'defines': ['RDKAFKA_TIERS_MIMALLOC'], 'libraries': ['<(deps)/lib/libmimalloc.a']}],
        [
          'sanitizer!=""',
          {
            'defines': ['RDKAFKA_TIERS_SANITIZED'],
            'cflags!': ['-O2'],
            'cflags': ['-O1', '-fno-omit-frame-pointer', '-fsanitize=<(sanitizer)'],
            'ldflags': ['-fsanitize=<(sanitizer)'],
          },
          {'ldflags': ['-static-libstdc++']},
        ],
      ],
    }
  ],
}
