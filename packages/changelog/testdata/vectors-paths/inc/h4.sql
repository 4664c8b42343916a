--liquibase formatted sql
--changeset i:h4
select 1;
