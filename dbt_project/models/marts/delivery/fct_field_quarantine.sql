-- Values that could not be read as what they are: the issue is in the warehouse, the
-- value is here as it came.
select
    held.value_id,
    held.issue_id,
    issue.issue_key,
    held.project_id,
    held.field_key,
    held.field_name,
    held.quarantine_reason,
    held.json_value,
    held.recorded_at,
    held.known_from
from {{ ref("fct_issue_field_value") }} as held
left join {{ ref("dim_issue") }} as issue using (issue_id)
where held.quarantine_reason is not null and not coalesce(issue.is_deleted, false)
