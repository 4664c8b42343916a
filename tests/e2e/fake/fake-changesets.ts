/** The commit that every execution took its changesets from. */
export const commit = '4be1c0de4d3a5a0f6f6e6a6bd0e8f6b1c2d3e4f5'
/** Files of the shop's changelog with their changesets and descriptions. */
export const files = [
  ['catalogue/10-products.yaml', 'products', 'create table products'],
  ['catalogue/10-products.yaml', 'product-names', 'create index product_names'],
  ['catalogue/20-stock.sql', 'stock', ''],
  ['customers/customers.sql', 'customers', ''],
  ['orders/orders.yaml', 'orders', 'create table orders; add foreign key'],
  ['orders/reports.sql', 'monthly-revenue', ''],
] as const
