-- One row per link between issues and per predecessor of a task. Both ends of a link
-- list it; where they disagree, the end that changed last is right.
with
    listed as (
        select
            link.*,
            other.updated_at as other_updated_at,
            count(*) over (partition by link.link_id) as ends
        from {{ ref("int_delivery__issue_link") }} as link
        left join
            {{ ref("int_delivery__issue_current") }} as other
            on other.issue_id = link.other_issue_id
        where link.dependency_type is not null
    ),
    alive as (
        select
            link_id,
            dependency_type,
            link_type,
            predecessor_issue_id,
            successor_issue_id,
            max(updated_at) as recorded_at,
            min(known_from) as known_from
        from listed
        where ends > 1 or other_updated_at is null or updated_at >= other_updated_at
        group by all
    ),
    edge as (
        select
            alive.link_id as dependency_id,
            'jira_link' as source_type,
            alive.dependency_type,
            0::integer as lag_days,
            alive.link_type,
            alive.predecessor_issue_id,
            null::varchar as predecessor_task_id,
            predecessor.issue_key as predecessor_key,
            predecessor.project_id as predecessor_project_id,
            alive.successor_issue_id,
            null::varchar as successor_task_id,
            successor.issue_key as successor_key,
            successor.project_id as successor_project_id,
            predecessor.project_id
            is distinct from successor.project_id as is_cross_project,
            coalesce(predecessor.status_category = 'done', false) as is_satisfied,
            coalesce(successor.status_category = 'done', false) as is_over,
            alive.recorded_at,
            alive.known_from
        from alive
        left join
            {{ ref("dim_issue") }} as predecessor
            on predecessor.issue_id = alive.predecessor_issue_id
        left join
            {{ ref("dim_issue") }} as successor
            on successor.issue_id = alive.successor_issue_id
        where
            not coalesce(predecessor.is_deleted, false)
            and not coalesce(successor.is_deleted, false)
            and (predecessor.issue_id is not null or successor.issue_id is not null)
        union all
        select
            link.link_id,
            successor.source_type,
            link.dependency_type,
            link.lag_days,
            null,
            null,
            link.predecessor_task_id,
            link.predecessor_key,
            predecessor.project_id,
            null,
            link.successor_task_id,
            successor.task_key,
            successor.project_id,
            predecessor.schedule_id is distinct from successor.schedule_id,
            if(
                link.dependency_type in ('FS', 'FF'),
                predecessor.actual_finish_on,
                predecessor.actual_start_on
            )
            is not null,
            successor.actual_finish_on is not null,
            link.recorded_at,
            link.known_from
        from {{ ref("int_schedule__task_link") }} as link
        inner join
            {{ ref("int_schedule__task") }} as successor
            on successor.task_id = link.successor_task_id
        left join
            {{ ref("int_schedule__task") }} as predecessor
            on predecessor.task_id = link.predecessor_task_id
    ),
    -- what is over no longer waits: circles matter in work that is open
    waiting as (
        select
            coalesce(predecessor_issue_id, predecessor_task_id) as predecessor_id,
            coalesce(successor_issue_id, successor_task_id) as successor_id
        from edge
        where
            not is_over
            and not is_satisfied
            and coalesce(predecessor_issue_id, predecessor_task_id) is not null
    ),
    circle as (select * from {{ cycles("waiting") }})
select
    edge.* exclude (is_over, recorded_at, known_from),
    if(
        not is_over and not is_satisfied and first.cycle_id = last.cycle_id,
        first.cycle_id,
        null
    ) as cycle_id,
    coalesce(
        not is_over and not is_satisfied and first.cycle_id = last.cycle_id, false
    ) as is_in_cycle,
    edge.recorded_at,
    edge.known_from
from edge
left join
    circle as first
    on first.node_id = coalesce(edge.predecessor_issue_id, edge.predecessor_task_id)
left join
    circle as last
    on last.node_id = coalesce(edge.successor_issue_id, edge.successor_task_id)
