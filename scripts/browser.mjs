// A headless Chromium, the machine's own: what people see is looked at in what they see it with.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright-core'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** @returns {string | undefined} path of the Chromium that is installed */
export function findBrowser() {
  const places = (process.env['PATH'] ?? '').split(delimiter).flatMap(folder => names.map(name => join(folder, name)))
  return places.find(isProgram)
}

/** Throws where there is none. The caller closes it. */
export function openBrowser() {
  const executablePath = findBrowser()
  if (!executablePath) throw new Error(`no Chromium here: ${names.join(', ')} are not in PATH; scripts/set-up-tools installs it`)
  // Root, as in containers, has no sandbox of Chromium's; the pages are ours.
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--force-color-profile=srgb'] })
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
