import { hideInStatus, hideInText, hideValues } from '../../src/progress/hidden-values'

const url = 'https://store.example/blob?sig=SECRET'

test('a build argument that is a signed URL is hidden whole', () => {
  expect(hideInText(`Get "${url}": EOF`, hideValues(Object.entries({ SOURCE: url })))).toBe('Get "${SOURCE}": EOF')
})

test('errors of a status lose signatures; names of steps and what they write do not change', () => {
  const logs = [{ vertex: 'sha256:1', data: Buffer.from(url).toString('base64') }]
  const vertex = { digest: 'sha256:1', name: `[app 1/2] ADD ${url} /` }
  const status = { vertexes: [{ ...vertex, error: `Get "${url}": EOF` }], logs }
  expect(hideInStatus(status, hideValues(Object.entries({})))).toEqual({
    vertexes: [{ ...vertex, error: 'Get "https://store.example/blob?…": EOF' }],
    logs
  })
})

test('a git context with a password in its URL', () => {
  const name = (text: string) =>
    hideInStatus({ vertexes: [{ digest: 'sha256:1', name: text }] }, hideValues(Object.entries({ NAME: 'value' }))).vertexes?.[0]
      ?.name
  expect(name('[internal] load git source https://ada:SECRET@git.example/value.git')).toBe(
    '[internal] load git source https://***@git.example/${NAME}.git'
  )
  expect(hideInText('ERROR: repository https://ada:SECRET@git.example/app.git', hideValues(Object.entries({})))).toBe(
    'ERROR: repository https://***@git.example/app.git'
  )
})
