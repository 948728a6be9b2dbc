-- Ours: one row a value, from when to when it held; as fct_issue_field_history has it.
with
    batch as (
        select
            issue_id,
            field_id,
            updated_at,
            string_agg(field_value, ', ' order by field_value) as field_value
        from multiselect_history
        group by all
    )
select
    issue_id,
    field_id,
    field_value,
    updated_at as valid_from,
    lead(updated_at) over (
        partition by issue_id, field_id order by updated_at
    ) as valid_to
from
    (
        select issue_id, field_id, updated_at, field_value
        from field_history
        union all
        select issue_id, field_id, updated_at, field_value
        from batch
    )
