{{ config(materialized="view") }}

-- What the tracked fields of every issue hold today, one row per field that holds
-- something: where a field never
-- changed, this is also what it held at creation. `is_set` fields have one row per
-- element.
select *
from {{ issue_values() }}
