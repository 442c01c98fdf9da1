import { findings, linesOf } from './facts'

const targets = (text: string) =>
  findings('no-cache-mount', text).map(({ manager, targets }) => `${manager} ${targets.join(' ')}`)

describe('no-cache-mount', () => {
  it.each([
    ['debian:12', 'apt-get update && apt-get install -y curl', 'apt /var/cache/apt /var/lib/apt'],
    ['python:3.13', 'pip install -r requirements.txt', 'pip /root/.cache/pip'],
    ['python:3.13', 'uv sync --frozen', 'uv /root/.cache/uv'],
    ['python:3.13', 'poetry install', 'poetry /root/.cache/pypoetry/cache /root/.cache/pypoetry/artifacts'],
    ['node:22', 'npm ci', 'npm /root/.npm'],
    ['node:22', 'yarn install --frozen-lockfile', 'yarn /usr/local/share/.cache/yarn'],
    ['node:22', 'corepack enable && pnpm install', 'pnpm /root/.local/share/pnpm/store'],
    ['golang:1.25', 'go mod download', 'go /go/pkg/mod /root/.cache/go-build'],
    ['rust:1.90', 'cargo build --release', 'cargo /usr/local/cargo/registry /usr/local/cargo/git'],
    ['maven:3', 'mvn -B package', 'maven /root/.m2/repository'],
    ['gradle:8', 'gradle build', 'gradle /home/gradle/.gradle'],
    ['eclipse-temurin:21', './gradlew build', 'gradle /root/.gradle'],
    ['php:8', 'composer install', 'composer /tmp/composer-cache'],
    ['ruby:3', 'bundle install', 'bundler /root/.bundle/cache'],
    ['mcr.microsoft.com/dotnet/sdk:9.0', 'dotnet restore', 'nuget /root/.nuget/packages']
  ])('FROM %s RUN %s', (image, script, expected) => {
    expect(targets(`FROM ${image}\nRUN ${script}`)).toEqual([expected])
  })
  it.each([
    'FROM python:3\nRUN --mount=type=cache,target=/root/.cache/pip pip install x',
    'FROM python:3\nUSER app\nRUN pip install x',
    'FROM python:3\nENV HOME=/app\nRUN pip install x',
    'FROM python:3\nENV PIP_CACHE_DIR=/x\nRUN pip install x',
    'FROM python:3\nRUN pip install --cache-dir=/x x',
    'FROM python:3\nRUN pip install --upgrade pip',
    'FROM node:22\nRUN yarn install',
    'FROM node:22\nRUN npm run build',
    'FROM alpine:3\nRUN go build .',
    'FROM mcr.microsoft.com/windows/servercore:ltsc2022\nRUN pip install x',
    '# escape=`\nFROM python:3\nRUN pip install x',
    'FROM python:3\nSHELL ["powershell"]\nRUN pip install x',
    'FROM quay.io/jupyter/base:1\nRUN pip install x'
  ])('says nothing of %j', text => {
    expect(targets(text)).toEqual([])
  })
  it('does not hide what an earlier layer downloaded', () => {
    expect(targets('FROM golang:1\nRUN go mod download\nRUN go build .')).toEqual([
      'go /go/pkg/mod /root/.cache/go-build',
      'go /root/.cache/go-build'
    ])
    expect(targets('FROM a:1\nRUN dotnet restore\nRUN dotnet publish')).toEqual(['nuget /root/.nuget/packages'])
  })
  it('names what has to go', () => {
    const [found] = findings('no-cache-mount', 'FROM python:3\nENV PIP_NO_CACHE_DIR=1\nRUN pip install --no-cache-dir x')
    expect(found?.dropped).toEqual(['--no-cache-dir', 'PIP_NO_CACHE_DIR'])
  })

  it.each([
    ['yarn install --frozen-lockfile; yarn cache clean --all', ['yarn cache clean --all']],
    ['composer install && composer clear-cache', ['composer clear-cache']],
    ['apt-get update && apt-get install -y x && apt-get clean && rm -rf /var/lib/apt/lists/*', ['apt-get clean']],
    ['npm ci && npm cache clean --force && rm -rf /tmp/*', ['npm cache clean --force']]
  ])('what would empty the mount has to go, too: %s', (run, dropped) => {
    expect(findings('no-cache-mount', `FROM debian:12\nRUN ${run}`)[0]?.dropped).toEqual(dropped)
  })
  it('is a warning only where mounts are kept, and nothing for a quick step', () => {
    const text = 'FROM python:3\nRUN pip install x'
    expect(findings('no-cache-mount', text, { mountsKept: true })[0]?.level).toBe('warning')
    expect(findings('no-cache-mount', text, { mountsKept: false })[0]?.level).toBe('notice')
    expect(linesOf('no-cache-mount', text, { cached: 'all' })).toEqual([])
  })
})

const apt = (mounts: string, image = 'debian:12') =>
  findings('apt-cache-mount', `FROM ${image}\nRUN ${mounts} apt-get update && apt-get install -y curl`).flatMap(
    ({ missing }) => missing
  )
const cache = '--mount=type=cache,target=/var/cache/apt'
const lists = '--mount=type=cache,target=/var/lib/apt'

it.each([
  [`${cache} ${lists}`, 'debian:12', ['locked', 'docker-clean']],
  [`${cache},sharing=locked ${lists},sharing=locked rm -f /etc/apt/apt.conf.d/docker-clean;`, 'debian:12', []],
  [`${cache},sharing=locked ${lists},sharing=locked`, 'acme/base:1', []],
  [`${cache},sharing=locked rm -f /etc/apt/apt.conf.d/docker-clean;`, 'python:3.13-slim', ['/var/lib/apt']],
  [`${lists},sharing=private`, 'acme/base:1', ['/var/cache/apt']],
  ['--mount=type=cache,target=/root/.cache', 'debian:12', []]
])('apt-cache-mount: %s on %s', (mounts, image, missing) => {
  expect(apt(mounts, image)).toEqual(missing)
})

it.each([
  ['/root/.cache/pip', 'pip install --no-cache-dir x', '--no-cache-dir'],
  ['/root/.cache', 'pip install x && rm -rf /root/.cache', 'rm -rf /root/.cache'],
  ['/var/lib/apt', 'apt-get update && rm -rf /var/lib/apt/lists/*', 'rm -rf /var/lib/apt/lists/*'],
  ['/var/cache/apt', 'apt-get install x && apt-get clean', 'apt-get clean'],
  ['/root/.npm', 'npm ci && npm cache clean --force', 'npm cache clean --force'],
  ['/root/.cache/uv', 'uv sync --no-cache', '--no-cache'],
  ['/root/.cache/pip', 'pip install x && rm -rf /tmp/*', undefined],
  ['/root/.npm', 'pip install --no-cache-dir x', undefined],
  ['/go/pkg/mod', 'go build && rm -rf ./out', undefined]
])('defeated-cache-mount at %s: %s', (target, script, by) => {
  const found = findings('defeated-cache-mount', `FROM a:1\nRUN --mount=type=cache,target=${target} ${script}`)
  expect(found[0]?.by).toBe(by)
})
