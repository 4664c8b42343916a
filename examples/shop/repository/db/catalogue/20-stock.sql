--liquibase formatted sql

--changeset grace:stock-1
CREATE TABLE stock (
  product_id bigint PRIMARY KEY REFERENCES product (id),
  quantity   integer NOT NULL CHECK (quantity >= 0)
);
--rollback DROP TABLE stock;

--changeset grace:stock-2
--comment Keeps the count right without the application's help.
CREATE FUNCTION take_from_stock(wanted_product bigint, wanted integer) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  UPDATE stock SET quantity = quantity - wanted WHERE product_id = wanted_product;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'product % is not in stock', wanted_product;
  END IF;
END;
$$;
--rollback DROP FUNCTION take_from_stock(bigint, integer);
