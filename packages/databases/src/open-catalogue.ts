import type { Catalogue, SnapshotProduct } from '@sluice/engine'

/** The catalogue of a product, for work on stored snapshots: what alters one object into another needs no connection. */
export async function openCatalogue(product: SnapshotProduct): Promise<Catalogue> {
  switch (product) {
    case 'postgresql':
      return (await import('./postgres/catalog/catalogue.ts')).postgresCatalogue
    case 'mysql':
    case 'mariadb':
      return (await import('./mysql/catalog/catalogue.ts')).mysqlCatalogue
    case 'sqlite':
      return (await import('./sqlite/catalog/catalogue.ts')).sqliteCatalogue
  }
}
