--liquibase formatted sql
--changeset i:a
select 1;
