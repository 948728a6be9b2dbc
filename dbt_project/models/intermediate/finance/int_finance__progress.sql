{{ config(materialized="view") }}

-- How much of a project's scope is done at the end of each day: in points where at
-- least half of the scope's issues carry them (faults and chores often do not), else
-- in issues.
with
    unit as (
        select
            project_id,
            2 * count(story_points) >= count(*)
            and sum(story_points) > 0 as is_in_points
        from {{ ref("dim_issue") }}
        where is_leaf and not is_deleted and not is_cancelled
        group by project_id
    )
select
    snapshot.project_id,
    snapshot.snapshot_on as status_on,
    if(unit.is_in_points, 'story_points', 'issues') as progress_unit,
    if(unit.is_in_points, snapshot.done_points, snapshot.done_count)::decimal(
        18, 2
    ) as done_scope,
    if(unit.is_in_points, snapshot.scope_points, snapshot.scope_count)::decimal(
        18, 2
    ) as scope,
    -- the day after the last one with open work
    if(
        snapshot.open_count = 0,
        max(if(snapshot.open_count > 0, snapshot.snapshot_on + 1, null)) over (
            partition by snapshot.project_id order by snapshot.snapshot_on
        ),
        null
    ) as finished_on,
    snapshot.recorded_at,
    snapshot.known_from
from {{ ref("fct_project_snapshot") }} as snapshot
left join unit using (project_id)
