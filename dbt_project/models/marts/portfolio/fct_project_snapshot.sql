-- Counts per project and day as running sums of what changed that day: work grows
-- with changes, not with days.
-- Restated: leaves, points and cancellation are as now understood.
with
    issue as (
        select issue_id, project_id, story_points, created_at, known_from
        from {{ ref("dim_issue") }}
        where is_leaf and not is_deleted
    ),
    -- only changes of category alter a count, and each tells where it led for good
    delta as (
        select
            project_id,
            {{ local_day("created_at") }} as snapshot_on,
            1 as scope,
            0 as done,
            0 as in_progress,
            1 as created,
            0 as completed,
            0 as cancelled,
            coalesce(story_points, 0) as scope_points,
            0 as done_points,
            created_at as recorded_at,
            known_from
        from issue
        union all
        select
            step.project_id,
            step.flow_on,
            - (step.to_state = 'cancelled')::int,
            (step.to_state = 'done')::int - (step.from_state = 'done')::int as done,
            (step.to_state = 'in_progress')::int
            - (step.from_state = 'in_progress')::int,
            0,
            step.is_completion::int,
            (step.to_state = 'cancelled')::int,
            - (step.to_state = 'cancelled')::int * coalesce(issue.story_points, 0),
            done * coalesce(issue.story_points, 0),
            step.recorded_at,
            step.known_from
        from {{ ref("int_delivery__flow_step") }} as step
        inner join issue using (issue_id)
    ),
    daily as (
        select
            project_id,
            snapshot_on,
            {% for measure in ["scope", "done", "in_progress", "created", "completed", "cancelled"] -%}
                sum({{ measure }})::bigint as {{ measure }},
            {% endfor -%}
            sum(scope_points)::decimal(18, 2) as scope_points,
            sum(done_points)::decimal(18, 2) as done_points,
            max(recorded_at) as recorded_at,
            max(known_from) as known_from
        from delta
        group by all
    ),
    calendar as (
        select
            project.project_id,
            unnest(
                generate_series(
                    first.snapshot_on::timestamp,
                    project.effective_on::timestamp,
                    interval 1 day
                )
            )::date as snapshot_on
        from {{ ref("dim_project") }} as project
        inner join
            (
                select project_id, min(snapshot_on) as snapshot_on
                from daily
                group by all
            ) as first using (project_id)
    )
select
    project_id,
    snapshot_on,
    (sum(scope) over days)::bigint as scope_count,
    (sum(done) over days)::bigint as done_count,
    (sum(scope) over days - sum(done) over days)::bigint as open_count,
    (sum(in_progress) over days)::bigint as in_progress_count,
    coalesce(created, 0) as created_count,
    coalesce(completed, 0) as completed_count,
    coalesce(cancelled, 0) as cancelled_count,
    (sum(scope_points) over days)::decimal(18, 2) as scope_points,
    (sum(done_points) over days)::decimal(18, 2) as done_points,
    max(recorded_at) over days as recorded_at,
    max(known_from) over days as known_from
from calendar
left join daily using (project_id, snapshot_on)
window
    days as (
        partition by project_id
        order by snapshot_on
        rows between unbounded preceding and current row
    )
