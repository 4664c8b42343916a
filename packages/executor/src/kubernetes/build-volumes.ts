import type { KubernetesInfra, PodVolume } from '@sluice/contract'
import type { Volume, VolumeMount } from './kube-types.ts'

/** The volumes that a pipeline's author asks for, and where every container mounts them. */
export function overlayVolumes(infra: KubernetesInfra): { volumes: Volume[]; mounts: VolumeMount[] } {
  const asked = (infra.volumes ?? []).map((volume, index) => ({ name: `user-${index}`, volume }))
  const shared = (infra.sharedPaths ?? []).map((mountPath, index) => ({ name: `shared-${index}`, mountPath }))
  return {
    volumes: [
      ...asked.map(({ name, volume }) => ({ name, ...sourceOf(volume) })),
      ...shared.map(({ name }) => ({ name, emptyDir: { sizeLimit: '10Gi' } })),
    ],
    mounts: [
      ...asked.map(({ name, volume }) => ({
        name,
        mountPath: volume.mountPath,
        ...(volume.type === 'PersistentVolumeClaim' && volume.readOnly === true ? { readOnly: true } : {}),
        ...(volume.type === 'ConfigMap' || volume.type === 'Secret' ? { readOnly: true } : {}),
      })),
      ...shared,
    ],
  }
}

function sourceOf(volume: PodVolume): Omit<Volume, 'name'> {
  switch (volume.type) {
    case 'EmptyDir':
      return {
        emptyDir: {
          ...(volume.medium === undefined || volume.medium === '' ? {} : { medium: volume.medium }),
          ...(volume.size === undefined ? {} : { sizeLimit: volume.size }),
        },
      }
    case 'HostPath':
      return {
        hostPath: { path: volume.path, ...(volume.hostPathType === undefined ? {} : { type: volume.hostPathType }) },
      }
    case 'PersistentVolumeClaim':
      return {
        persistentVolumeClaim: {
          claimName: volume.claimName,
          ...(volume.readOnly === undefined ? {} : { readOnly: volume.readOnly }),
        },
      }
    case 'ConfigMap':
      return {
        configMap: { name: volume.configMapName, ...(volume.optional === undefined ? {} : { optional: volume.optional }) },
      }
    case 'Secret':
      return {
        secret: { secretName: volume.secretName, ...(volume.optional === undefined ? {} : { optional: volume.optional }) },
      }
  }
}
