{{ config(materialized="view") }}
-- What an issue was estimated at, change by change; where a site has several fields for
-- points, the one that was set last counts.
select
    history.issue_id,
    history.valid_from,
    row(
        history.valid_from,
        not history.is_initial,
        coalesce(history._history_number, 0),
        history._item_index,
        history.change_id
    ) as place,
    try_cast(history.to_value as decimal(10, 2)) as story_points
from {{ ref("fct_issue_field_history") }} as history
inner join
    (
        select site_id, unnest(story_points_field_ids) as field_id
        from {{ ref("int_delivery__field_role") }}
    ) as field
    on field.field_id = history.field_id
    and field.site_id = split_part(history.issue_id, ':', 1)
