{{ config(materialized="view") }}

-- What issues that changed after `as_of` held at `as_of`: only these need their
-- history asked.
with
    later as (
        select issue_id, site_id
        from {{ ref("int_delivery__issue_current") }}
        where updated_at > {{ as_of() }} and created_at <= {{ as_of() }}
    ),
    open as (
        select
            later.site_id,
            history.*,
            case
                when list_contains(role.story_points_field_ids, history.field_id)
                then 'story_points'
                when list_contains(role.flagged_field_ids, history.field_id)
                then 'flagged'
                else history.field_id
            end as field
        from {{ ref("fct_issue_field_history") }} as history
        inner join later using (issue_id)
        left join
            {{ ref("int_delivery__field_role") }} as role
            on role.site_id = later.site_id
        where history.valid_to is null
    )
select
    issue_id,
    max(to_value) filter (where field = 'summary') as summary,
    max(to_value) filter (where field = 'priority') as priority,
    max(to_value) filter (where field = 'resolution') as resolution,
    max(valid_from) filter (
        where field = 'resolution' and to_value is not null
    ) as resolved_at,
    max(site_id || ':' || to_id) filter (where field = 'assignee') as assignee_id,
    max(site_id || ':' || to_id) filter (where field = 'parent') as parent_issue_id,
    max(try_cast(left(to_id, 10) as date)) filter (where field = 'duedate') as due_on,
    max(try_cast(to_value as decimal(10, 2))) filter (
        where field = 'story_points'
    ) as story_points,
    coalesce(
        bool_or(to_value is not null) filter (where field = 'flagged'), false
    ) as is_flagged,
    max(valid_from) as updated_at
from open
group by issue_id
