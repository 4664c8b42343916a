import { deepEqual, equal, ok } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DockerRegistryConnectorSpec } from '@sluice/contract'
import { chooseImage, isImageName, parseImageName, parseRegistryUrl } from './plan-images.ts'
import { maxLimits, quantityOf } from './plan-resources.ts'

const registry = (dockerRegistryUrl: string, mirrors?: Record<string, string>): DockerRegistryConnectorSpec => ({
  dockerRegistryUrl,
  providerType: 'Other',
  auth: { type: 'Anonymous' },
  ...(mirrors === undefined ? {} : { mirrors }),
})
const choose = (image: string, connector?: DockerRegistryConnectorSpec, imageRegistry = '') =>
  chooseImage({ image, connector, imageRegistry })

describe('images', () => {
  it('are taken apart by Docker’s rule', () => {
    deepEqual(parseImageName('busybox'), { host: undefined, path: 'busybox' })
    deepEqual(parseImageName('team/app:1'), { host: undefined, path: 'team/app:1' })
    deepEqual(parseImageName('Registry:5000/app'), { host: 'registry:5000', path: 'app' })
    deepEqual(parseImageName('localhost/app@sha256:00'), { host: 'localhost', path: 'app@sha256:00' })
  })

  it('know a registry by its address, with and without its API’s path', () => {
    deepEqual(parseRegistryUrl('https://index.docker.io/v1/'), { host: 'docker.io', prefix: '' })
    deepEqual(parseRegistryUrl('https://Harbor.example.com/v2/'), { host: 'harbor.example.com', prefix: '' })
    deepEqual(parseRegistryUrl('registry:5000/team/tools/'), { host: 'registry:5000', prefix: 'team/tools' })
  })

  it('without a registry are the connector’s, else Docker Hub’s or the account’s', () => {
    deepEqual(choose('app:1', registry('https://r.example.com/team')), { image: 'r.example.com/team/app:1' })
    deepEqual(choose('app:1', registry('https://index.docker.io/v1/')), { image: 'app:1' })
    deepEqual(choose('app:1'), { image: 'app:1' })
    deepEqual(choose('app:1', undefined, 'mirror.local/hub/'), { image: 'mirror.local/hub/app:1' })
    deepEqual(choose('docker.io/library/app:1', registry('https://docker.io'), 'mirror.local'), {
      image: 'mirror.local/library/app:1',
    })
    deepEqual(choose('quay.io/team/app', undefined, 'mirror.local'), { image: 'quay.io/team/app' })
  })

  it('of another registry than their connector’s say so', () => {
    deepEqual(choose('quay.io/team/app', registry('https://r.example.com')), { image: 'quay.io/team/app', otherHost: 'quay.io' })
    deepEqual(choose('r.example.com/team/app', registry('https://R.example.com')), { image: 'r.example.com/team/app' })
  })

  it('come from the longest mirror, at the end of a part only', () => {
    const mirrors = { 'docker.io': 'm.local/hub', 'docker.io/library': 'm.local/official', 'quay.io/team': 'm.local/team' }
    const connector = registry('https://docker.io', mirrors)
    equal(choose('busybox:1', connector).image, 'm.local/official/busybox:1')
    equal(choose('bitnami/kafka', connector).image, 'm.local/hub/bitnami/kafka')
    equal(choose('quay.io/team/app@sha256:00', connector).image, 'm.local/team/app@sha256:00')
    equal(choose('quay.io/team2/app', connector).image, 'quay.io/team2/app')
  })

  it('are refused when they cannot be a name', () => {
    for (const bad of ['', ' a', 'a b', '-x', 'a\nb', '$(id)', 'x'.repeat(1025)]) ok(!isImageName(bad), bad)
    ok(isImageName('r.example.com:5000/a/b_c:1.2-x@sha256:ab'))
  })
})

describe('resources', () => {
  it('compare by amount and keep what was written', () => {
    ok(quantityOf('1Gi') > quantityOf('1G') && quantityOf('1500m') > quantityOf('1') && quantityOf('2') > quantityOf('1999m'))
    deepEqual(maxLimits([{ limits: { cpu: '500m', memory: '1Gi' } }, undefined, { limits: { cpu: '1', memory: '900M' } }]), {
      limits: { cpu: '1', memory: '1Gi' },
    })
    equal(maxLimits([undefined]), undefined)
  })
})
