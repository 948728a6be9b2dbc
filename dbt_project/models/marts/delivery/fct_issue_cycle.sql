{{ config(materialized="view") }}

select
    bridge.issue_id,
    bridge.project_id,
    issue.issue_key,
    bridge.distance + 1 as length,
    last.issue_key as child_key,
    bridge.recorded_at,
    bridge.known_from
from {{ ref("bridge_issue_ancestor") }} as bridge
inner join {{ ref("dim_issue") }} as issue on issue.issue_id = bridge.issue_id
inner join {{ ref("dim_issue") }} as last on last.issue_id = bridge.ancestor_issue_id
where bridge.is_circular
