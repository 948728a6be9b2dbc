{{ config(materialized="view") }}

select *
from {{ ref("stg_registers__pmo_charter") }}
where not is_deleted
