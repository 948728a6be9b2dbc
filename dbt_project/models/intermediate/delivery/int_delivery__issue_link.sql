{{ config(materialized="view") }}

-- Links as each of their two ends lists them, and for link types that mean waiting:
-- who waits for whom.
with
    listed as (
        select
            issue_id,
            site_id,
            updated_at,
            is_deleted,
            known_from,
            unnest(issue_links) as link
        from {{ ref("int_delivery__issue_current") }}
    ),
    directed as (
        select
            site_id || ':' || link.id as link_id,
            issue_id,
            updated_at,
            is_deleted,
            known_from,
            link.type.name as link_type,
            case
                when link.outwardissue.id is not null
                then issue_id
                else site_id || ':' || link.inwardissue.id
            end as source_issue_id,
            case
                when link.outwardissue.id is not null
                then site_id || ':' || link.outwardissue.id
                else issue_id
            end as target_issue_id
        from listed
    )
select
    directed.link_id,
    directed.issue_id,
    directed.link_type,
    directed.updated_at,
    directed.is_deleted,
    directed.known_from,
    if(
        directed.issue_id = source_issue_id, target_issue_id, source_issue_id
    ) as other_issue_id,
    waiting.dependency_type,
    case
        when waiting.outward_is_successor
        then source_issue_id
        when not waiting.outward_is_successor
        then target_issue_id
    end as predecessor_issue_id,
    case
        when waiting.outward_is_successor
        then target_issue_id
        when not waiting.outward_is_successor
        then source_issue_id
    end as successor_issue_id
from directed
left join
    {{ ref("dependency_link_type_default") }} as waiting
    on waiting.link_type = lower(directed.link_type)
where source_issue_id is not null and target_issue_id is not null
