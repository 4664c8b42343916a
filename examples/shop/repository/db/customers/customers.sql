--liquibase formatted sql

--changeset ada:customers-1
--comment Customers, one row a person.
CREATE TABLE customer (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email      text        NOT NULL,
  full_name  text        NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
--rollback DROP TABLE customer;

--changeset ada:customers-2
--comment One account an address, whatever its case.
CREATE UNIQUE INDEX customer_email_key ON customer (lower(email));
--rollback DROP INDEX customer_email_key;

--changeset ada:customers-3
CREATE TABLE address (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id bigint NOT NULL REFERENCES customer (id) ON DELETE CASCADE,
  street      text   NOT NULL,
  city        text   NOT NULL,
  country     char(2) NOT NULL
);
CREATE INDEX address_customer_idx ON address (customer_id);
--rollback DROP TABLE address;
