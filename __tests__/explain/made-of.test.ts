import { madeOf } from '../../src/explain/made-of'
import { materialsOf } from '../fingerprint/builds'

const dockerfile = (from: string) => `ARG VERSION=3.20\nARG IMAGE=alpine:$VERSION\nFROM ${from}\nRUN echo\n`

test.each([
  ['as written', 'alpine:3.20', {}, 'alpine:3.20'],
  ['expanded where the Dockerfile says what it is', '$IMAGE', {}, 'alpine:3.20'],
  ['as written where a value of build-args is in it', '$IMAGE', { IMAGE: 'hush:1' }, '$IMAGE'],
  ['as written where one may be in it by way of another', '$IMAGE', { VERSION: 'hush' }, '$IMAGE']
])('the image of a stage is shown %s', (_, from, buildArgs, shown) => {
  expect(madeOf(materialsOf({ dockerfile: dockerfile(from), buildArgs }), 0, 'linux/amd64')?.images).toEqual([shown])
})
