import { request } from './request'
import type { Answer } from './request'

/** Most bytes of the answer that has a token. */
const mostBytes = 1 << 20

/** A login at a registry: a password, or the token that registries such as Azure's give in its place. */
export type Credentials = { readonly username: string; readonly password: string } | { readonly identityToken: string }

/**
 * The Authorization header that answers a registry's WWW-Authenticate challenge (distribution spec, token authentication).
 * Undefined: there is nothing to say, try without. Throws when the token cannot be had.
 */
export async function authorize(
  challenge: string,
  login: Credentials | undefined,
  signal: AbortSignal
): Promise<string | undefined> {
  const basic =
    login && 'username' in login ? `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}` : undefined
  if (!/^bearer\s/i.test(challenge)) return basic
  const field = (name: string) => new RegExp(`\\b${name}="([^"]*)"`, 'i').exec(challenge)?.[1]
  const realm = field('realm')
  if (!realm) return undefined
  const wanted = new URLSearchParams()
  for (const name of ['service', 'scope']) {
    const value = field(name)
    if (value) wanted.set(name, value)
  }
  const url = new URL(realm)
  const response =
    login && 'identityToken' in login
      ? await exchange(url, wanted, login.identityToken, signal)
      : await ask(url, wanted, basic, signal)
  if (!response.ok) {
    response.leave()
    throw new Error(`${url.host} answered ${response.status} ${response.statusText} to the request for a token`)
  }
  const answer = JSON.parse((await response.bytes(mostBytes, 'the answer with a token')).toString()) as {
    token?: string
    access_token?: string
  } | null
  const token = answer?.token || answer?.access_token
  return token && `Bearer ${token}`
}

function ask(realm: URL, wanted: URLSearchParams, basic: string | undefined, signal: AbortSignal): Promise<Answer> {
  const url = new URL(realm)
  for (const [name, value] of wanted) url.searchParams.set(name, value)
  return request(url, { signal, headers: basic ? { authorization: basic } : {} })
}

/** The OAuth 2 way, the only one that takes an identity token (distribution docs, "Token Authentication Specification using OAuth2"). */
function exchange(realm: URL, wanted: URLSearchParams, identityToken: string, signal: AbortSignal): Promise<Answer> {
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: 'stage-cache-build',
    refresh_token: identityToken,
    ...Object.fromEntries(wanted)
  })
  const headers = { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' }
  return request(realm, { method: 'POST', signal, headers, body: body.toString() })
}
