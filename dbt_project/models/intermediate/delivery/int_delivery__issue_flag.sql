{{ config(materialized="view") }}
-- When an issue was flagged as impeded, one row per stretch.
select
    history.change_id as flag_id, history.issue_id, history.valid_from, history.valid_to
from {{ ref("fct_issue_field_history") }} as history
inner join
    (
        select site_id, unnest(flagged_field_ids) as field_id
        from {{ ref("int_delivery__field_role") }}
    ) as field
    on field.field_id = history.field_id
    and field.site_id = split_part(history.issue_id, ':', 1)
where history.to_value is not null
