{{ config(materialized="view") }}

-- A view: few issues are risks, and it asks no more of the others than their type and
-- labels.
with
    word as (
        select
            list(word order by word) filter (where kind = 'issue_type') as types,
            list(word order by word) filter (where kind = 'label') as labels
        from {{ ref("issue_risk_default") }}
    )
select
    issue.issue_id,
    issue.project_id,
    issue.issue_key,
    issue.summary as title,
    if(
        list_contains(word.types, lower(issue.issue_type)), 'issue_type', 'label'
    ) as matched_by,
    issue.status_category <> 'done' as is_open,
    issue.status_category,
    issue.priority,
    issue.assignee_id,
    issue.due_on,
    issue.created_at,
    issue.recorded_at,
    issue.known_from
from {{ ref("dim_issue") }} as issue
inner join {{ ref("int_delivery__issue_current") }} as held using (issue_id)
cross join word
where
    not issue.is_deleted
    and (
        list_contains(word.types, lower(issue.issue_type))
        or list_has_any(
            list_transform(held.labels, lambda label:lower(label)), word.labels
        )
    )
