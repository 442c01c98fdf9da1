import type { Advice, AdviceDetails, AdviceRule } from '../explain/advice/advice'
import { count, seconds } from './amounts'
import { mountSentences } from './sentences-advice-mounts'
import { joinWords, words, type Words } from './words'

/** What a rule says of a line, without the line. */
export interface AdviceWords {
  /** A few words, the same for all findings of the rule. */
  readonly title: string
  readonly why: Words
  readonly fix: Words
}

/** The words of one finding. */
export function adviceWords(advice: Advice): AdviceWords {
  const { title, why, fix } = sentences[advice.rule] as Sentences<AdviceRule>
  return { title, why: why(advice), fix: fix(advice) }
}

/** What it cost in this build; nothing where it cost no time. */
export function costWords({ seconds: cost }: Advice): Words {
  return cost >= 1 ? words`The steps concerned took ${[seconds(cost)]} in this build.` : []
}

export interface Sentences<Rule extends AdviceRule> {
  readonly title: string
  readonly why: (details: AdviceDetails[Rule]) => Words
  readonly fix: (details: AdviceDetails[Rule]) => Words
}

const sentences: { readonly [Rule in AdviceRule]: Sentences<Rule> } = {
  'copies-everything': {
    title: 'The whole context is copied',
    why: ({ git, ignoreFile, stepsAfter }) =>
      git
        ? words`${'.git'} is in the build context, and every commit changes it: this copy and the ${[count(stepsAfter, 'step')]} below it run again whatever was edited.`
        : ignoreFile
          ? []
          : words`There is no ${'.dockerignore'}: any file of the context, one that the image does not need too, makes this copy and the ${[count(stepsAfter, 'step')]} below it run again.`,
    fix: ({ git }) =>
      git
        ? words`Write ${'.git'} into ${'.dockerignore'}, or copy only the directories that the build needs. A build that asks git for its version can have it as a build argument.`
        : words`Add a ${'.dockerignore'} with what the build does not need, or copy only the directories that it needs.`
  },
  'source-before-dependencies': {
    title: 'Dependencies are installed after the source is copied',
    why: ({ copied, copyLine }) =>
      words`Line ${copyLine} copies ${copied} first, so every edit of the source installs the dependencies again.`,
    fix: ({ manager, manifests }) => {
      const files = list(manifests)
      const install = installWords[manager] ?? words`run the install`
      return words`Copy ${files} first, then ${install}, and copy the rest after that.`
    }
  },
  'changing-argument': {
    title: 'A build argument that changes every time stands above installs',
    why: ({ name, steps }) =>
      words`Every RUN below ${`ARG ${name}`} runs again when the value changes, used or not: ${[steps === 1 ? '1 step that installs packages does' : `${steps} steps that install packages do`]} not use it.`,
    fix: ({ name, belowLine }) => words`Move ${`ARG ${name}`}, and an ENV made from it, below line ${belowLine}.`
  },
  'emulated-build': {
    title: 'Built by emulation',
    why: ({ platforms }) =>
      words`This stage was built for ${list(platforms)} by emulating that processor, though what other stages copy from it can be made without.`,
    fix: ({ tool, base }) => {
      const from = `FROM --platform=$BUILDPLATFORM ${base}`
      return tool === 'go'
        ? words`Write ${from}, then ${'ARG TARGETOS TARGETARCH'} above the build, and ${'GOOS=$TARGETOS GOARCH=$TARGETARCH go build'}.`
        : words`Write ${from}: the files are the same for every platform, and are then made once.`
    }
  },
  'unpinned-base': {
    title: 'An image without a version',
    why: ({ image }) =>
      words`${image} means whatever is newest: a new release of it rebuilds all that stands on it, on a day nobody chose.`,
    fix: ({ image }) =>
      words`Name a version's tag or a digest: ${`${image.replace(/:latest$/, '')}:<version>`} or ${'@sha256:…'}.`
  },
  'unpinned-add': {
    title: 'ADD of something that may change',
    why: ({ url, git }) =>
      git
        ? words`BuildKit looks up the newest commit of ${url} at each build: a push there rebuilds this and all below it.`
        : words`BuildKit asks for ${url} at each build: when its content changes, this and all below it run again.`,
    fix: ({ git }) =>
      git
        ? words`Name a tag or a commit behind ${'#'}.`
        : words`Add ${'--checksum=sha256:…'}, and where there is one use an address that names a version.`
  },
  'unpinned-git': {
    title: 'git clone of a moving branch',
    why: ({ repository }) =>
      words`The cache keeps what ${repository} held when this step last ran: later commits are missed, until the step runs for another reason and takes them all.`,
    fix: ({ repository }) =>
      words`Name a tag with ${'--branch'}, check out a commit, or let BuildKit look: ${`ADD ${gitAddress(repository)}#<tag or commit> <directory>`}.`
  },
  'unpinned-download': {
    title: 'A download of whatever is newest',
    why: ({ url }) => words`The cache keeps what ${url} gave when this step last ran: later releases are missed.`,
    fix: () => words`Use the address of a version, with the version in an ARG.`
  },
  'apt-update-apart': {
    title: 'apt-get update and install in different steps',
    why: ({ updateLine }) =>
      words`The package lists of line ${updateLine} come from the cache, however old they are: packages that have been replaced since cannot be found.`,
    fix: () => words`Write both into one RUN: ${'apt-get update && apt-get install -y …'}.`
  },
  'owner-layer': {
    title: 'A step that copies everything again',
    why: ({ command, path, copyLine }) =>
      words`${command} on ${path} puts every file that line ${copyLine} copied into one more layer, which is stored and uploaded too.`,
    fix: ({ command }) =>
      command.startsWith('chmod')
        ? words`Give the mode where the files are copied: ${'COPY --chmod=…'}.`
        : words`Create the user above, give the owner where the files are copied with ${'COPY --chown=…'}, and let that user make what else is there.`
  },
  'unnamed-stage': {
    title: 'A stage that cannot be cached by itself',
    why: ({ taken }) =>
      taken === ''
        ? words`This stage has no name, so it has no ref of its own.`
        : words`A later stage is named ${taken} too, so this one cannot be asked for and has no ref of its own.`,
    fix: ({ base, taken }) => (taken === '' ? words`Name it: ${`FROM ${base} AS <name>`}.` : words`Give it a name of its own.`)
  },
  onbuild: {
    title: 'ONBUILD hides steps',
    why: ({ foreign, base }) =>
      foreign > 0
        ? words`${base} brings ${[count(foreign, 'step')]} by ONBUILD that stand in no line here: what they copy, and when they run again, cannot be seen or ordered.`
        : words`This runs in ${base}, before its own steps, and cannot be moved below what changes less often.`,
    fix: ({ foreign }) =>
      foreign > 0
        ? words`Use the image without ONBUILD and write the steps out.`
        : words`Write the instruction into the stage that needs it.`
  },
  ...mountSentences,
  'unpinned-packages': {
    title: 'Packages without a version',
    why: ({ packages }) =>
      words`The cache keeps the versions of ${list(packages.slice(0, 5))} that were newest when this step last ran.`,
    fix: ({ manager, packages }) => words`Name versions, as in ${versioned(manager, packages[0] ?? '')}.`
  },
  'dead-stage': {
    title: 'A stage that nothing can use',
    why: ({ taken }) =>
      taken === ''
        ? words`This stage has no name, no other stage reads it, and it is not the last: no build needs it.`
        : words`A later stage is named ${taken} too and no other stage reads this one: no build needs it.`,
    fix: () => words`Remove it, or name it where it was meant to be used.`
  },
  'buildkit-check': {
    title: 'BuildKit’s check',
    why: ({ name, message }) => words`${name}: ${message}.`,
    fix: ({ url }) => words`See ${url}.`
  }
}

/** Managers that are to be told to install from their manifests alone. */
const installWords: { readonly [manager in string]?: Words } = {
  uv: words`run ${'uv sync --no-install-project'}`,
  poetry: words`run ${'poetry install --no-root'}`,
  go: words`run ${'go mod download'}`,
  composer: words`run ${'composer install --no-scripts --no-autoloader'}, with ${'composer dump-autoload'} at the end`,
  maven: words`run ${'mvn dependency:go-offline'}`
}

/** ADD takes a web address for a file unless it ends so. */
function gitAddress(repository: string): string {
  return /^https?:/.test(repository) && !repository.endsWith('.git') ? `${repository}.git` : repository
}

function versioned(manager: string, name: string): string {
  const bare = name.replace(/@(?:latest|master|main|HEAD|next)$/, '')
  if (manager === 'pip' || manager === 'uv') return `${bare}==<version>`
  if (manager === 'gem') return `${bare}:<version>`
  return `${bare}@<version>`
}

function list(names: readonly string[]): Words {
  return joinWords(
    names.map(name => words`${name}`),
    ', '
  )
}
