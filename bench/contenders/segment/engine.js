// Feeds events to Segment's engine, 64 at a time: node engine.js EVENTS_FILE URL, where it was installed.
'use strict'
const fs = require('fs')
const http = require('http')
const path = require('path')

const modules = path.join(process.cwd(), 'node_modules', '@segment')
const kameleoon = path.join(modules, 'action-destinations', 'dist', 'destinations', 'kameleoon')
const { Destination } = require(path.join(modules, 'actions-core'))
const CONCURRENCY = 64

const [file, url] = process.argv.slice(2)
require(path.join(kameleoon, 'properties')).BASE_URL = url
const definition = require(path.join(kameleoon, 'index')).default
const agent = new http.Agent({ keepAlive: true, maxSockets: CONCURRENCY })
// The engine destroys the agent of each answered request: one that cannot be destroyed keeps its connections.
const kept = Object.assign(() => agent, { destroy() {} })
definition.extendRequest = () => ({ agent: kept })
const destination = new Destination(definition)
const settings = {
  apiKey: 'eyJpZCI6ImJlbmNoIn0=',
  sitecode: 'bench12345',
  subscriptions: definition.presets.map((preset) => ({ ...preset, enabled: true }))
}

async function deliver(lines) {
  for (const line of lines) {
    await destination.onEvent(JSON.parse(line), settings)
  }
}

async function main() {
  const lines = fs.readFileSync(file, 'utf8').split('\n').slice(0, -1).values()
  await Promise.all(Array.from({ length: CONCURRENCY }, () => deliver(lines)))
  setInterval(() => {}, 1000) // the bench reads our memory, then ends us
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
