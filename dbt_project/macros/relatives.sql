{# Issues that show something else when one of these does: the children and grandchildren (the epic above), the parent #}
{# (that it has any), and whoever waits for it (whether it is open). An issue may be told more than once.              #}
{% macro relatives_of(issues) -%}
    select issue_id
    from {{ ref("int_delivery__issue_parent") }}
    where parent_issue_id in {{ issues }} or grandparent_issue_id in {{ issues }}
    union all
    select parent_issue_id
    from {{ ref("int_delivery__issue_parent") }}
    where issue_id in {{ issues }}
    union all
    select successor_issue_id
    from {{ ref("int_delivery__issue_link") }}
    where issue_id = successor_issue_id and predecessor_issue_id in {{ issues }}
{%- endmacro %}

{# int_delivery__issue_standing, of those issues only that `of` names, a subquery, before their relatives are looked up. #}
{% macro issue_standing(of=none) -%}
    (
        with
            parent as (
                select distinct above.parent_issue_id as issue_id, true as has_children
                from {{ ref("int_delivery__issue_parent") }} as above
                inner join
                    {{ ref("int_delivery__issue_current") }} as child using (issue_id)
                where
                    child.created_at <= {{ as_of() }}
                    and not (child.is_deleted and child.deleted_at <= {{ as_of() }})
                    {% if of %} and above.parent_issue_id in {{ of }}{% endif %}
            ),
            link as (
                select successor_issue_id, predecessor_issue_id
                from {{ ref("int_delivery__issue_link") }}
                where
                    issue_id = successor_issue_id
                    {% if of %} and issue_id in {{ of }}{% endif %}
            ),
            successor as (
                select distinct link.successor_issue_id as issue_id, true as is_waiting
                from link
                inner join
                    {{ ref("fct_issue_status_interval") }} as blocker
                    on blocker.issue_id = link.predecessor_issue_id
                    and blocker.valid_to is null
                inner join
                    {{ ref("int_delivery__issue_current") }} as held
                    on held.issue_id = link.predecessor_issue_id
                where
                    blocker.status_category <> 'done'
                    and not (held.is_deleted and held.deleted_at <= {{ as_of() }})
            )
        select
            issue_id,
            coalesce(parent.has_children, false) as has_children,
            coalesce(successor.is_waiting, false) as is_waiting
        from parent
        full join successor using (issue_id)
    )
{%- endmacro %}
