--liquibase formatted sql

--changeset linus:reports-1 runOnChange:true
--comment Changed in place: the view is replaced whenever this text changes.
CREATE OR REPLACE VIEW order_total AS
SELECT o.id AS order_id, o.customer_id, sum(l.quantity * l.price) AS total
FROM customer_order o
JOIN order_line l ON l.order_id = o.id
GROUP BY o.id;
--rollback DROP VIEW order_total;

--changeset linus:reports-2 context:production
--comment Only production has readers of its own.
CREATE MATERIALIZED VIEW best_sellers AS
SELECT product_id, sum(quantity) AS sold FROM order_line GROUP BY product_id;
--rollback DROP MATERIALIZED VIEW best_sellers;
