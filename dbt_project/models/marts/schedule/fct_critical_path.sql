-- The network of open work across the portfolio: its nodes are epics (work without
-- one: its project), its edges the open dependencies of their issues. Epics that wait
-- for each other in a circle can only be done together: they are one step, as long as
-- all of them.
{% set window_days = 84 %}
with
    calendar as (select * from {{ working_days() }}),
    issue as (
        select
            issue_id,
            is_leaf,
            coalesce(
                if(hierarchy_level >= 1, issue_id, epic_id), project_id
            ) as package_id
        from {{ ref("dim_issue") }}
        where not is_deleted and status_category <> 'done'
    ),
    held as (
        select package_id, count(*) as open_count from issue where is_leaf group by all
    ),
    waits as (
        select
            before.package_id as predecessor_id,
            after.package_id as successor_id,
            max(dependency.recorded_at) as recorded_at,
            max(dependency.known_from) as known_from
        from {{ ref("fct_dependency") }} as dependency
        inner join issue as before on before.issue_id = dependency.predecessor_issue_id
        inner join issue as after on after.issue_id = dependency.successor_issue_id
        where not dependency.is_satisfied and before.package_id <> after.package_id
        group by before.package_id, after.package_id
    ),
    circle as (select * from {{ cycles("waits") }}),
    project as (
        select
            *,
            {{ workday_number("effective_on + 1") }} - 1 as last_workday,
            last_workday
            - {{ workday_number("effective_on - " ~ (window_days - 1)) }}
            + 1 as window_workdays
        from {{ ref("dim_project") }}
        cross join calendar
    ),
    pace as (
        select
            snapshot.project_id,
            project.window_workdays as days,
            sum(snapshot.completed_count) as done
        from {{ ref("fct_project_snapshot") }} as snapshot
        inner join project using (project_id)
        where snapshot.snapshot_on > project.effective_on - {{ window_days }}
        group by all
    ),
    place as (
        select
            package_id,
            max(recorded_at) as recorded_at,
            max(known_from) as known_from,
            cast(sum(waits_for) as bigint) as predecessor_count,
            cast(sum(1 - waits_for) as bigint) as successor_count
        from
            (
                select
                    unnest([predecessor_id, successor_id]) as package_id,
                    unnest([0, 1]) as waits_for,
                    * exclude (predecessor_id, successor_id)
                from waits
            )
        group by package_id
    ),
    package as (
        select
            place.*,
            epic.issue_id is not null as is_epic,
            coalesce(epic.project_id, place.package_id) as project_id,
            epic.issue_key,
            epic.summary,
            coalesce(held.open_count, 0) as open_count,
            coalesce(pace.done, 0) > 0 as has_pace,
            coalesce(
                ceil(held.open_count * pace.days / nullif(pace.done, 0)), 0
            )::bigint as duration_days,
            circle.cycle_id,
            coalesce(circle.cycle_id, place.package_id) as step_id
        from place
        left join {{ ref("dim_issue") }} as epic on epic.issue_id = place.package_id
        left join held on held.package_id = place.package_id
        left join pace on pace.project_id = coalesce(epic.project_id, place.package_id)
        left join circle on circle.node_id = place.package_id
    ),
    step as (
        select step_id as node_id, 0 as least, sum(duration_days)::bigint as length
        from package
        group by all
    ),
    onward as (
        select distinct
            before.step_id as predecessor_id,
            after.step_id as successor_id,
            step.length as weight
        from waits
        inner join package as before on before.package_id = waits.predecessor_id
        inner join package as after on after.package_id = waits.successor_id
        inner join step on step.node_id = before.step_id
        where before.step_id <> after.step_id
    ),
    early as (select * from {{ longest_paths("step", "onward") }}),
    timed as (
        select
            step.node_id,
            step.length,
            early.reached as early_start,
            max(early.reached + step.length) over () as last_finish
        from step
        inner join early using (node_id)
    ),
    from_end as (select node_id, length - last_finish as least from timed),
    back as (
        select successor_id as predecessor_id, predecessor_id as successor_id, weight
        from onward
    ),
    late as (select * from {{ longest_paths("from_end", "back") }})
select
    package.package_id,
    if(package.is_epic, 'epic', 'project') as package_type,
    package.project_id,
    coalesce(package.issue_key, project.project_key) as package_key,
    coalesce(package.summary, project.project_name) as package_name,
    package.open_count,
    package.duration_days,
    package.has_pace,
    package.predecessor_count,
    package.successor_count,
    package.cycle_id,
    package.cycle_id is not null as is_in_cycle,
    timed.early_start as early_start_days,
    timed.early_start + timed.length as early_finish_days,
    - late.reached - timed.early_start as slack_days,
    - late.reached = timed.early_start as is_critical,
    {{ workday("project.last_workday + timed.early_start + timed.length") }}
    as early_finish_on,
    package.recorded_at,
    package.known_from
from package
inner join timed on timed.node_id = package.step_id
inner join late on late.node_id = package.step_id
left join project on project.project_id = package.project_id
cross join calendar
