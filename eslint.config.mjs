import js from '@eslint/js'
import tseslint from 'typescript-eslint'

// Folder → the folders of src it may import (design: no arrow goes back). `types` are the files at src's root without effects.
const rooms = {
  dockerfile: [],
  progress: [],
  plan: ['dockerfile'],
  fingerprint: ['dockerfile'],
  explain: ['plan', 'fingerprint', 'progress', 'dockerfile'],
  report: ['explain', 'plan', 'fingerprint', 'progress', 'dockerfile'],
  run: ['report', 'explain', 'plan', 'fingerprint', 'progress', 'dockerfile'],
  io: []
}
const effects = ['@actions/*', 'node:fs', 'node:fs/*', 'node:child_process', 'node:net', 'node:http', 'node:https', 'node:os']

const roomRules = Object.entries(rooms).map(([room, allowed]) => ({
  files: [`src/${room}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            group: Object.keys(rooms)
              .filter(other => other !== room && !allowed.includes(other))
              .map(other => `../${other}/*`),
            message: `src/${room} may import only: ${allowed.join(', ') || 'nothing of ours'} and the types at src/.`
          },
          ...(room === 'io' ? [] : [{ group: effects, message: 'Effects go through Host; only src/io imports these.' }])
        ]
      }
    ],
    ...(room === 'io' || room === 'run'
      ? {}
      : {
          'no-restricted-globals': ['error', 'process', 'fetch', 'setTimeout', 'setInterval'],
          'no-restricted-properties': [
            'error',
            { object: 'Date', property: 'now', message: 'Pure: the clock comes in as data.' },
            { object: 'Math', property: 'random', message: 'Pure: no randomness.' }
          ]
        })
  }
}))

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'out/**', 'examples/**', '__tests__/fixtures/projects/**'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    rules: {
      'no-empty': ['error', { allowEmptyCatch: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      eqeqeq: 'error'
    }
  },
  {
    files: ['src/**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: { '@typescript-eslint/no-floating-promises': 'error', '@typescript-eslint/switch-exhaustiveness-check': 'error' }
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        URLSearchParams: 'readonly',
        fetch: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        performance: 'readonly',
        structuredClone: 'readonly',

        AbortController: 'readonly',
        AbortSignal: 'readonly',
        TextDecoder: 'readonly'
      }
    }
  },
  {
    // It runs in the page.
    files: ['scripts/look.mjs'],
    languageOptions: { globals: { document: 'readonly', getComputedStyle: 'readonly' } }
  },
  ...roomRules
)
