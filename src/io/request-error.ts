import { NoAnswer } from '../errors'
import { withoutQueries } from '../signed-urls'

/** The same, with an error that says what went wrong: fetch says only "fetch failed", the cause says why. What it says may name a URL that is signed. */
export async function explained<T>(promise: Promise<T>, timeoutSeconds: number): Promise<T> {
  try {
    return await promise
  } catch (error) {
    const { name, message, cause } = error as {
      readonly name?: string
      readonly message?: string
      readonly cause?: { readonly message?: string; readonly code?: string }
    }
    // The storage's client calls it an abort.
    if (name === 'TimeoutError' || name === 'AbortError')
      throw new NoAnswer(`no answer within ${Number(timeoutSeconds.toFixed(1))} s`, { cause: error })
    const said = cause ? cause.message || cause.code || String(cause) : (message ?? String(error))
    throw new Error(withoutQueries(said), { cause: error })
  }
}
