--liquibase formatted sql
--changeset i:1 context:"q and r" labels:own
select 1;
--changeset i:2
select 2;
--changeset i:3 context:"!neg"
select 3;
