-- Counts per project and day as running sums of what changed that day: work grows
-- with changes, not with days.
-- Restated: leaves, points and cancellation are as now understood.
with
    issue as (select * from {{ ref("dim_issue") }} where is_leaf and not is_deleted),
    step as (
        select
            issue.*,
            step.valid_from,
            step._position,
            step.known_from as step_known_from,
            step.status_category as category,
            step._previous_category as previous
        from {{ ref("fct_issue_status_interval") }} as step
        inner join issue using (issue_id)
    ),
    classed as (
        select
            *,
            category = 'done' and previous <> 'done' as is_entering,
            category <> 'done' and previous = 'done' as is_leaving,
            (category = 'in_progress')::int
            - (previous = 'in_progress')::int as in_progress,
            -- the entry into done that stands: the last one of an issue that is done
            status_category = 'done'
            and _position = max(
                case when category = 'done' and previous <> 'done' then _position end
            ) over (partition by issue_id) as is_final
        from step
    ),
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
            project_id,
            {{ local_day("valid_from") }},
            - (is_final and is_cancelled)::int,
            (is_entering and not (is_final and is_cancelled))::int - is_leaving::int,
            in_progress,
            0,
            (is_final and not is_cancelled)::int,
            (is_final and is_cancelled)::int,
            - (is_final and is_cancelled)::int * coalesce(story_points, 0),
            ((is_entering and not (is_final and is_cancelled))::int - is_leaving::int)
            * coalesce(story_points, 0),
            valid_from,
            step_known_from
        from classed
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
