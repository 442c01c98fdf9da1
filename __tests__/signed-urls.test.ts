import { hideCredentials, withoutQueries } from '../src/signed-urls'

test.each([
  [
    'Get "https://x.blob.core.windows.net/a/b?se=2026-11-20T12%3A00%3A00Z&sig=S%2Fe%3D": EOF',
    'Get "https://x.blob.core.windows.net/a/b?…": EOF'
  ],
  ['Put https://s3.example/b?X-Amz-Signature=ab\\u0026x=1: 403 Forbidden', 'Put https://s3.example/b?… 403 Forbidden'],
  ['from http://a/?X-Goog-Signature=1 to HTTPS://B/c?_state=2', 'from http://a/?… to HTTPS://B/c?…'],
  ["at 'https://a/b?rscd=name='x'&sig=S': gone", "at 'https://a/b?…': gone"],
  ['https://a/b?x=1?sig=S', 'https://a/b?…'],
  ['https://ghcr.io/v2/acme/app/blobs/sha256:12: 404. Why?', 'https://ghcr.io/v2/acme/app/blobs/sha256:12: 404. Why?'],
  ['https://a.example is down? sig=1', 'https://a.example is down? sig=1'],
  ['', '']
])('%s', (text, expected) => expect(withoutQueries(text)).toBe(expected))

test.each([
  [
    "fatal: Authentication failed for 'https://me:hush@git.test/a.git/'",
    "fatal: Authentication failed for 'https://***@git.test/a.git/'"
  ],
  ['https://hush@a/ and https://me:hu@sh@b/x', 'https://***@a/ and https://***@b/x'],
  ['https://a/x@sha256:12', 'https://a/x@sha256:12']
])('%s', (text, expected) => expect(hideCredentials(text)).toBe(expected))
