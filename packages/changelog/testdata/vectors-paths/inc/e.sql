--liquibase formatted sql
--changeset i:e
select 1;
