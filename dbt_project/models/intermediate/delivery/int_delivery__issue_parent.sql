-- Who stands above an issue: the parent, or on older sites the epic link, and the
-- nearest ancestor at epic level.
with
    issue as (
        select
            issue_id,
            site_id,
            issue_key,
            hierarchy_level,
            epic_link_key,
            parent.id as parent_native_id,
            is_deleted
        from {{ ref("int_delivery__issue_current") }}
    ),
    epic as (
        select
            site_id, issue_key, arg_min(issue_id, row(is_deleted, issue_id)) as issue_id
        from issue
        where hierarchy_level >= 1
        group by all
    ),
    linked as (
        select
            issue.issue_id,
            issue.hierarchy_level,
            coalesce(
                issue.site_id || ':' || issue.parent_native_id, epic.issue_id
            ) as parent_issue_id
        from issue
        left join
            epic
            on epic.site_id = issue.site_id
            and epic.issue_key = issue.epic_link_key
    )
select
    linked.issue_id,
    linked.parent_issue_id,
    parent.parent_issue_id as grandparent_issue_id,
    case
        when parent.hierarchy_level >= 1
        then parent.issue_id
        when grandparent.hierarchy_level >= 1
        then grandparent.issue_id
    end as epic_id
from linked
left join linked as parent on parent.issue_id = linked.parent_issue_id
left join linked as grandparent on grandparent.issue_id = parent.parent_issue_id
where linked.parent_issue_id is not null
