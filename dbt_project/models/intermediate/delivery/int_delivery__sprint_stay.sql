{{ config(materialized="view") }}
-- The stays of issues in sprints while those ran. Sub-tasks go with their parents; an
-- issue that is deleted leaves its sprint.
with
    gone as (
        select held.issue_id, held.deleted_at
        from {{ ref("int_delivery__issue_current") }} as held
        inner join {{ ref("dim_issue") }} as issue using (issue_id)
        where held.is_deleted and issue.is_deleted
    )
select
    sprint.sprint_id,
    issue.issue_id,
    issue.project_id,
    sprint.starts_at,
    sprint.until_at,
    stay.valid_from,
    least(stay.valid_to, gone.deleted_at) as valid_to,
    stay.known_from
from {{ ref("int_delivery__issue_membership") }} as stay
inner join
    {{ ref("int_delivery__sprint_window") }} as sprint
    on sprint.sprint_id = stay.member_id
inner join {{ ref("dim_issue") }} as issue on issue.issue_id = stay.issue_id
left join gone on gone.issue_id = stay.issue_id
where
    stay.set_name = 'sprint'
    and sprint.is_started
    and not issue.is_subtask
    and stay.valid_from < sprint.until_at
    and coalesce(least(stay.valid_to, gone.deleted_at), timestamp '9999-12-31')
    > coalesce(sprint.starts_at, timestamp '0001-01-01')
