import type { Advice } from '../../src/explain/advice/advice'

/** One finding or more of every rule, with this text wherever the Dockerfile's own stands. */
export function adviceWith(text: string): readonly Advice[] {
  const place = { level: 'warning', lines: { start: 3, end: 5 }, stage: 'app', seconds: 41.2, file: 'docker/Dockerfile' } as const
  return [
    { rule: 'copies-everything', git: true, ignoreFile: true, stepsAfter: 1, ...place },
    { rule: 'copies-everything', git: false, ignoreFile: false, stepsAfter: 3, ...place, level: 'notice' },
    {
      rule: 'source-before-dependencies',
      manager: 'npm',
      copyLine: 2,
      copied: text,
      manifests: [text, 'package-lock.json'],
      ...place
    },
    { rule: 'changing-argument', name: text, belowLine: 9, steps: 2, ...place },
    { rule: 'emulated-build', platforms: ['linux/arm64'], tool: 'go', base: text, ...place },
    { rule: 'emulated-build', platforms: ['linux/arm64', text], tool: 'javascript', base: text, ...place },
    { rule: 'unpinned-base', image: text, ...place },
    { rule: 'unpinned-add', url: text, git: false, ...place },
    { rule: 'unpinned-add', url: text, git: true, ...place },
    { rule: 'unpinned-git', repository: text, ...place },
    { rule: 'unpinned-download', url: text, ...place },
    { rule: 'apt-update-apart', updateLine: 2, ...place },
    { rule: 'owner-layer', command: text, path: text, copyLine: 2, ...place },
    { rule: 'owner-layer', command: `chmod ${text}`, path: text, copyLine: 2, ...place, seconds: 0.2 },
    { rule: 'unnamed-stage', base: text, taken: '', ...place },
    { rule: 'unnamed-stage', base: text, taken: text || 'app', ...place },
    { rule: 'onbuild', foreign: 2, base: text, ...place },
    { rule: 'onbuild', foreign: 0, base: text, ...place },
    { rule: 'defeated-cache-mount', target: text, by: text, ...place },
    { rule: 'apt-cache-mount', missing: ['locked', '/var/cache/apt', '/var/lib/apt', 'docker-clean'], ...place },
    { rule: 'no-cache-mount', manager: 'apt', targets: ['/var/cache/apt', '/var/lib/apt'], dropped: [], kept: true, ...place },
    {
      rule: 'no-cache-mount',
      manager: 'pip',
      targets: [text],
      dropped: ['--no-cache-dir'],
      kept: false,
      ...place,
      level: 'notice'
    },
    { rule: 'no-cache-mount', manager: 'go', targets: [text], set: text, dropped: [], kept: true, ...place },
    { rule: 'unpinned-packages', manager: 'pip', packages: [text, text], ...place, level: 'notice' },
    { rule: 'dead-stage', taken: '', ...place, seconds: 0, level: 'notice' },
    { rule: 'dead-stage', taken: text || 'app', ...place, seconds: 0, file: '' },
    { rule: 'buildkit-check', name: 'FromAsCasing', message: text, url: text, ...place, seconds: 0 }
  ]
}
