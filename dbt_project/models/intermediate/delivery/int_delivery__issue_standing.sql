{{ config(materialized="view") }}
-- What relatives decide about an issue, for those of whom they decide anything: that it
-- has children, and that it waits for an open issue.
with
    parent as (
        select distinct above.parent_issue_id as issue_id, true as has_children
        from {{ ref("int_delivery__issue_parent") }} as above
        inner join {{ ref("int_delivery__issue_current") }} as child using (issue_id)
        where
            child.created_at <= {{ as_of() }}
            and not (child.is_deleted and child.deleted_at <= {{ as_of() }})
    ),
    successor as (
        select distinct link.successor_issue_id as issue_id, true as is_waiting
        from {{ ref("int_delivery__issue_link") }} as link
        inner join
            {{ ref("fct_issue_status_interval") }} as blocker
            on blocker.issue_id = link.predecessor_issue_id
            and blocker.valid_to is null
        inner join
            {{ ref("int_delivery__issue_current") }} as held
            on held.issue_id = link.predecessor_issue_id
        where
            link.issue_id = link.successor_issue_id
            and blocker.status_category <> 'done'
            and not (held.is_deleted and held.deleted_at <= {{ as_of() }})
    )
select
    issue_id,
    coalesce(parent.has_children, false) as has_children,
    coalesce(successor.is_waiting, false) as is_waiting
from parent
full join successor using (issue_id)
