-- What a version holds: the issues that were in it by `as_of`, as far as they are work.
with
    held as (
        select
            stay.member_id as version_id,
            count(*) filter (where not issue.is_cancelled) as scope_count,
            count(*) filter (
                where issue.status_category = 'done' and not issue.is_cancelled
            ) as done_count,
            count(*) filter (where issue.is_cancelled) as cancelled_count,
            sum(issue.story_points) filter (
                where not issue.is_cancelled
            ) as scope_story_points,
            sum(issue.story_points) filter (
                where issue.status_category = 'done' and not issue.is_cancelled
            ) as done_story_points,
            max(issue.done_at) filter (where not issue.is_cancelled) as last_done_at
        from {{ ref("int_delivery__issue_membership") }} as stay
        inner join {{ ref("dim_issue") }} as issue on issue.issue_id = stay.issue_id
        where
            stay.set_name = 'fix_version'
            and stay.valid_to is null
            and not issue.is_deleted
            and issue.hierarchy_level < 1
        group by all
    )
select
    version.version_id,
    version.site_id,
    version.project_id,
    version.version_name,
    version.starts_on,
    version.releases_on as release_on,
    version.is_released,
    version.is_archived,
    not version.is_released
    and version.releases_on < project.effective_on as is_overdue,
    coalesce(held.scope_count, 0) as scope_count,
    coalesce(held.done_count, 0) as done_count,
    coalesce(held.scope_count - held.done_count, 0) as open_count,
    coalesce(held.cancelled_count, 0) as cancelled_count,
    coalesce(held.scope_story_points, 0)::decimal(18, 2) as scope_story_points,
    coalesce(held.done_story_points, 0)::decimal(18, 2) as done_story_points,
    cast(held.done_count / nullif(held.scope_count, 0) as decimal(6, 4)) as done_ratio,
    held.last_done_at,
    version.recorded_at,
    version.known_from
from {{ ref("stg_jira__version") }} as version
left join held using (version_id)
left join {{ ref("dim_project") }} as project on project.project_id = version.project_id
where not version.is_deleted
