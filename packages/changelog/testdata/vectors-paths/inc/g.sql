--liquibase formatted sql
--changeset i:g
select 1;
