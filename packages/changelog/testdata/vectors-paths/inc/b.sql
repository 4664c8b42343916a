--liquibase formatted sql
--changeset i:b
select 1;
