// @ts-check
import { createHmac } from 'node:crypto'

export const READ = 1
export const WRITE = 2

/**
 * @typedef {object} TokenScope
 * @property {string} scope a git ref, like refs/heads/main
 * @property {number} permission READ, WRITE or both added up
 */

/**
 * The runtime token of a job. Nobody checks its signature, but its form must be right.
 * @param {readonly TokenScope[]} scopes
 * @param {{ now?: number, lifetimeSeconds?: number }} [options]
 */
export function makeJobToken(scopes, { now = Date.now(), lifetimeSeconds = 6 * 3600 } = {}) {
  const seconds = Math.floor(now / 1000)
  const claims = {
    ac: JSON.stringify(scopes.map(({ scope, permission }) => ({ Scope: scope, Permission: permission }))),
    scp: 'Actions.Results:run:job',
    iss: 'https://token.actions.githubusercontent.com',
    nbf: seconds - 300,
    iat: seconds,
    exp: seconds + lifetimeSeconds
  }
  const body = [{ typ: 'JWT', alg: 'HS256' }, claims]
    .map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${body}.${createHmac('sha256', 'testbed').update(body).digest('base64url')}`
}

/**
 * The scopes of a token in its order, or why it is refused.
 * @param {string | undefined} authorization header
 * @returns {TokenScope[] | string}
 */
export function readJobToken(authorization, now = Date.now()) {
  const claims = readClaims(authorization, now)
  if (typeof claims === 'string') return claims
  try {
    return JSON.parse(claims.ac).map((/** @type {{ Scope: string, Permission: number }} */ one) => ({
      scope: one.Scope,
      permission: one.Permission
    }))
  } catch (error) {
    return `bad job token: ${error}`
  }
}

/**
 * The run and the job a token is of, or why it is refused.
 * @param {string | undefined} authorization header
 * @returns {{ run: string, job: string } | string}
 */
export function readJobIds(authorization, now = Date.now()) {
  const claims = readClaims(authorization, now)
  if (typeof claims === 'string') return claims
  const [, run, job] = /(?:^| )Actions\.Results:([^: ]+):([^: ]+)(?: |$)/.exec(`${claims.scp}`) ?? []
  return run && job ? { run, job } : 'no job in the token'
}

/**
 * @param {string | undefined} authorization
 * @param {number} now
 * @returns {any} an object, or why the token is refused
 */
function readClaims(authorization, now) {
  const payload = /^Bearer [\w-]+\.([\w-]+)\.[\w-]+$/i.exec(authorization ?? '')?.[1]
  if (!payload) return 'no job token'
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    if (typeof claims.exp !== 'number' || claims.exp * 1000 < now) return 'token is expired'
    if (typeof claims.nbf !== 'number' || claims.nbf * 1000 > now) return 'token is not valid yet'
    return claims
  } catch (error) {
    return `bad job token: ${error}`
  }
}
