import { expectFixture, parseFixture, readFixtures } from './fixtures'

const fixtures = readFixtures().map(fixture => ({ ...fixture, title: `${fixture.name}: ${fixture.what}` }))

test.each(fixtures)('$title', fixture => {
  const { dockerfile, problems } = parseFixture(fixture)
  expectFixture(fixture, dockerfile, problems)
})

test.each(fixtures)('$name is refused exactly where its name says so', fixture => {
  expect(parseFixture(fixture).problems.length > 0).toBe(fixture.name.startsWith('refused-'))
})

test.each(fixtures)('$name: the text of every step is that of its lines', fixture => {
  const lines = fixture.text.replace(/^\uFEFF/, '').split(/\r?\n/)
  for (const step of parseFixture(fixture).dockerfile.stages.flatMap(stage => stage.steps)) {
    const source = lines
      .slice(step.lines.start - 1, step.lines.end)
      .join('\n')
      .trimStart()
    expect(step.text).toBe(step.onbuild ? source.replace(/^onbuild /i, '') : source)
  }
})
