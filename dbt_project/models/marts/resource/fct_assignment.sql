-- What the register plans, and what Jira shows beside it.
with
    planned as (
        select
            assigned.*,
            coalesce(
                account.person_id, assigned.site_id || ':' || assigned.person_email
            ) as person_id,
            project.project_id
        from {{ ref("stg_registers__assignment") }} as assigned
        left join
            {{ ref("bridge_person_account") }} as account
            on account.account_id = assigned.site_id || ':' || assigned.person_email
            {{ join_project("assigned") }}
        where not assigned.is_deleted
    ),
    held as (
        select
            account.person_id,
            issue.project_id,
            max(issue.project_key) as project_key,
            count(*) as open_issue_count,
            max(issue.recorded_at) as recorded_at,
            max(issue.known_from) as known_from
        from {{ ref("dim_issue") }} as issue
        inner join
            {{ ref("bridge_person_account") }} as account
            on account.account_id = issue.assignee_id
        where issue.is_leaf and not issue.is_deleted and issue.status_category <> 'done'
        group by all
    )
select
    planned.assignment_id,
    'register' as assignment_source,
    planned.person_id,
    planned.project_id,
    planned.project_key,
    planned.role as assignment_role,
    planned.share as assigned_share,
    planned.starts_on,
    planned.ends_on,
    {{ start_of_day("planned.starts_on") }} as valid_from,
    {{ start_of_day("planned.ends_on + 1") }} as valid_to,
    coalesce(held.open_issue_count, 0) as open_issue_count,
    planned.recorded_at,
    planned.known_from
from planned
left join held using (person_id, project_id)
union all
select
    person_id || '/' || project_id,
    'jira',
    person_id,
    project_id,
    held.project_key,
    null,
    null,
    null,
    null,
    null,
    null,
    held.open_issue_count,
    held.recorded_at,
    held.known_from
from held
anti join planned using (person_id, project_id)
