import { formatAttestation, hasAttestationType } from './build-attributes'
import { formatAttributes } from './cache-attrs'
import type { BuildFlagRow, BuildFlagValues } from './flags'

/** The flags of one input, as build-push-action gives them. */
export function flagArgv(row: BuildFlagRow, inputs: BuildFlagValues): readonly string[] {
  const { flag } = row
  switch (row.form) {
    case 'text':
      return optional(flag, inputs[row.key])
    case 'boolean':
      return inputs[row.key] ? [flag] : []
    case 'comma-list':
    case 'line-list':
    case 'verbatim-list':
      return inputs[row.key].flatMap(value => valued(flag, value))
    case 'platforms':
      return optional(flag, inputs[row.key].join(','))
    case 'attestation':
      return inputs[row.key] === '' ? [] : valued(flag, formatAttestation(`type=${row.key},${inputs[row.key]}`))
    case 'attestations':
      return inputs[row.key]
        .filter(value => !replacedByInput(value, inputs))
        .flatMap(value => valued(flag, formatAttestation(value)))
    case 'secrets':
      return inputs[row.key].flatMap(({ id }, index) => secret(id, 'env', secretVariable(index)))
    case 'secret-envs':
      return inputs[row.key].flatMap(({ id, env }) => secret(id, 'env', env))
    case 'secret-files':
      return inputs[row.key].flatMap(({ id, path }) => secret(id, 'src', path))
  }
}

/** The values that the `--secret` flags of input `secrets` take from the environment of docker: nothing of them is on disk or in argv. */
export function secretEnvironment({ secrets }: Pick<BuildFlagValues, 'secrets'>): Readonly<Record<string, string>> {
  return Object.fromEntries(secrets.map(({ value }, index) => [secretVariable(index), value]))
}

/** A flag and its value. A value that starts with `-` is joined to the flag, so that nothing can take it for one. */
export function valued(flag: string, value: string): readonly string[] {
  return value.startsWith('-') ? [`${flag}=${value}`] : [flag, value]
}

export function optional(flag: string, value: string): readonly string[] {
  return value === '' ? [] : valued(flag, value)
}

/** The inputs `provenance` and `sbom` win over entries of `attests` of the same type. */
function replacedByInput(attestation: string, { provenance, sbom }: BuildFlagValues): boolean {
  return (
    (provenance !== '' && hasAttestationType('provenance', attestation)) ||
    (sbom !== '' && hasAttestationType('sbom', attestation))
  )
}

function secret(id: string, kind: 'env' | 'src', where: string): readonly string[] {
  return valued(
    '--secret',
    formatAttributes([
      ['id', id],
      [kind, where]
    ])
  )
}

function secretVariable(index: number): string {
  return `STAGE_CACHE_SECRET_${index}`
}
