-- The critical path method, counted in numbers of working days. Every relation is
-- stated between starts: by its weight
-- at the least the successor starts after the predecessor.
with
    calendar as (select * from {{ working_days() }}),
    dated as (
        select
            task.*,
            coalesce(task.actual_start_on, task.actual_finish_on)
            is not null as is_started,
            task.actual_finish_on is not null as is_finished,
            coalesce(
                task.duration_days,
                {{ workday_number("task.planned_finish_on + 1") }}
                - {{ workday_number("task.planned_start_on") }}
            ) as told_length,
            greatest(coalesce(told_length, 1), 0) as planned_length,
            {{ workday_number("project.effective_on") }} as today,
            {{ workday_number("task.planned_start_on") }} as planned_start,
            {{ workday_number("task.actual_start_on") }} as actual_start,
            {{ workday_number("task.actual_finish_on + 1") }} as actual_end
        from {{ ref("int_schedule__task") }} as task
        left join {{ ref("dim_project") }} as project using (project_id)
        cross join calendar
    ),
    counted as (
        select *, min(planned_start) over (partition by schedule_id) as first_start
        from dated
    ),
    link as (
        select
            dependency.predecessor_task_id as predecessor_id,
            dependency.successor_task_id as successor_id,
            dependency.dependency_type,
            dependency.lag_days,
            dependency.is_satisfied
        from {{ ref("fct_dependency") }} as dependency
        where
            dependency.predecessor_task_id is not null
            and dependency.successor_task_id is not null
            and not dependency.is_in_cycle
    ),
    task as (
        select
            *,
            case
                when is_finished
                then coalesce(actual_start, actual_end - planned_length)
                when is_started
                then actual_start
                else
                    greatest(
                        today,
                        if(
                            task_id in (select successor_id from link),
                            first_start,
                            coalesce(planned_start, first_start)
                        ),
                        0
                    )
            end as least,
            case
                when is_finished
                then actual_end - coalesce(actual_start, actual_end - planned_length)
                when is_started
                then
                    greatest(coalesce(today, actual_start) - actual_start, 0)
                    + ceil(planned_length * (1 - coalesce(percent_complete, 0)))
                else planned_length
            end::bigint as length
        from counted
    ),
    edge as (
        select
            link.predecessor_id,
            link.successor_id,
            link.lag_days
            + if(link.dependency_type in ('FS', 'FF'), predecessor.length, 0)
            - if(link.dependency_type in ('FF', 'SF'), successor.length, 0) as weight,
            not successor.is_started as is_forward,
            not (
                link.is_satisfied or predecessor.is_finished or successor.is_finished
            ) as is_backward
        from link
        inner join task as predecessor on predecessor.task_id = link.predecessor_id
        inner join task as successor on successor.task_id = link.successor_id
    ),
    node as (select task_id as node_id, least from task),
    forward_edge as (select * from edge where is_forward),
    early as (select * from {{ longest_paths("node", "forward_edge") }}),
    timed as (
        select
            task.*,
            early.reached as early_start,
            max(early.reached + task.length) over (
                partition by task.schedule_id
            ) as schedule_end
        from task
        inner join early on early.node_id = task.task_id
    ),
    node_from_end as (
        select task_id as node_id, length - schedule_end as least
        from timed
        where not is_finished
    ),
    edge_from_end as (
        select successor_id as predecessor_id, predecessor_id as successor_id, weight
        from edge
        where is_backward
    ),
    late as (select * from {{ longest_paths("node_from_end", "edge_from_end") }})
select
    timed.task_id,
    timed.site_id,
    timed.source_type,
    timed.project_id,
    timed.project_key,
    timed.task_key,
    timed.task_name,
    {% for day in ["planned", "baseline", "actual"] -%}
        timed.{{ day }}_start_on, timed.{{ day }}_finish_on,
    {% endfor -%}
    timed.percent_complete,
    timed.length as duration_days,
    timed.told_length is null as is_duration_assumed,
    {{ workday("timed.early_start") }} as early_start_on,
    {{ workday("timed.early_start + greatest(timed.length - 1, 0)") }}
    as early_finish_on,
    {{ workday("- late.reached") }} as late_start_on,
    {{ workday("- late.reached + greatest(timed.length - 1, 0)") }} as late_finish_on,
    - late.reached - timed.early_start as total_float_days,
    coalesce(- late.reached <= timed.early_start, false) as is_critical,
    timed.owner_name,
    timed.owner_email,
    timed.recorded_at,
    timed.known_from
from timed
left join late on late.node_id = timed.task_id
cross join calendar
