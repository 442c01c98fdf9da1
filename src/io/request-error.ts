import { NoAnswer } from '../errors'
import { withoutQueries } from '../signed-urls'

/** The same, with an error that says what went wrong. What it says may name a URL that is signed. */
export async function explained<T>(promise: Promise<T>, timeoutSeconds: number): Promise<T> {
  try {
    return await promise
  } catch (error) {
    const { name } = error as { readonly name?: string }
    // The storage's client calls it an abort.
    if (name === 'TimeoutError' || name === 'AbortError')
      throw new NoAnswer(`no answer within ${Number(timeoutSeconds.toFixed(1))} s`, { cause: error })
    throw new Error(withoutQueries(said(error)), { cause: error })
  }
}

/** Says when so many seconds are over. Node takes whole milliseconds alone. */
export function after(seconds: number): AbortSignal {
  return AbortSignal.timeout(Math.ceil(seconds * 1000))
}

/** Work that heeds a signal, given up after so many seconds also where it does not. Throws as `explained` does. */
export function limited<T>(seconds: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = after(seconds)
  const over = new Promise<never>((_, reject) => {
    // What heeds the signal may say more.
    signal.addEventListener('abort', () => setTimeout(() => reject(signal.reason as Error), 100))
  })
  return explained(Promise.race([work(signal), over]), seconds)
}

/** What an error says; one of all addresses of a host says nothing itself. */
export function said(error: unknown): string {
  const { message, code, errors } = error as {
    readonly message?: string
    readonly code?: string
    readonly errors?: readonly Error[]
  }
  return message || errors?.[0]?.message || code || String(error)
}
