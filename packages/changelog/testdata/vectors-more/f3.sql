--liquibase formatted sql
--changeset z:last
select 1;


select 2
/