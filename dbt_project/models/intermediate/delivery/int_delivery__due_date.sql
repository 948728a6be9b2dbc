{{ config(materialized="view") }}
-- Which due date stood from when on: what was promised before a date was moved.
select
    change_id,
    issue_id,
    try_cast(left(coalesce(to_id, to_value), 10) as date) as due_on,
    valid_from,
    valid_to,
    recorded_at,
    known_from
from {{ ref("fct_issue_field_history") }}
where field_id = 'duedate'
