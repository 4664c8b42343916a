--liquibase formatted sql

--changeset ada:sample-1 context:!production
--comment Something to look at, everywhere but in production.
INSERT INTO customer (email, full_name) VALUES
  ('kim@example.com', 'Kim Doe'),
  ('lee@example.com', 'Lee Roe');
INSERT INTO product (sku, title, price) VALUES
  ('TEA-1', 'Green tea; 100 g', 4.90),
  ('CUP-1', 'Cup', 12.00);
--rollback DELETE FROM product WHERE sku IN ('TEA-1', 'CUP-1');
--rollback DELETE FROM customer WHERE email IN ('kim@example.com', 'lee@example.com');

--changeset ada:sample-2 context:dev
INSERT INTO stock (product_id, quantity) SELECT id, 100 FROM product;
--rollback DELETE FROM stock;
