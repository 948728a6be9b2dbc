{{ config(materialized="view") }}

select
    node_id,
    ancestor.node_id as ancestor_node_id,
    project_id,
    depth - ancestor.depth as distance,
    recorded_at,
    known_from
from
    (
        select
            node_id,
            project_id,
            depth,
            recorded_at,
            known_from,
            unnest(
                list_transform(
                    _ancestor_ids,
                    lambda id,
                    position: {'node_id':id, 'depth':position - 1}
                )
            ) as ancestor
        from {{ ref("dim_portfolio") }}
    )
