-- One row per link. Both ends list it; where they disagree, the end that changed last
-- is right.
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
    )
select
    alive.link_id as dependency_id,
    alive.dependency_type,
    0::integer as lag_days,
    alive.link_type,
    alive.predecessor_issue_id,
    predecessor.project_id as predecessor_project_id,
    alive.successor_issue_id,
    successor.project_id as successor_project_id,
    predecessor.project_id is distinct from successor.project_id as is_cross_project,
    coalesce(predecessor.status_category = 'done', false) as is_satisfied,
    alive.recorded_at,
    alive.known_from
from alive
left join
    {{ ref("dim_issue") }} as predecessor
    on predecessor.issue_id = alive.predecessor_issue_id
left join
    {{ ref("dim_issue") }} as successor on successor.issue_id = alive.successor_issue_id
where
    not coalesce(predecessor.is_deleted, false)
    and not coalesce(successor.is_deleted, false)
    and (predecessor.issue_id is not null or successor.issue_id is not null)
